/**
 * One entry of a flow file: a tab, a node, a group, a subflow template, a config node. Its properties are whatever was
 * stored, so each reader checks what it takes.
 */
export type FlowEntry = { readonly id: string; readonly type: string; readonly [key: string]: unknown };
