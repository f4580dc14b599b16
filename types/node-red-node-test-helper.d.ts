declare module 'node-red-node-test-helper' {
  import type { Node, NodeAPI } from 'node-red';

  type FlowEntry = { readonly id: string; readonly type: string; readonly [key: string]: unknown };

  /** What our tests use of it. */
  interface TestHelper {
    init(runtimePath: string): void;
    load(nodes: (red: NodeAPI) => void, flow: readonly FlowEntry[]): Promise<void>;
    setFlows(flow: readonly FlowEntry[], type: 'full' | 'flows' | 'nodes'): Promise<void>;
    getNode(id: string): Node;
    unload(): Promise<void>;
  }

  const helper: TestHelper;
  export default helper;
}
