import { type ComponentType, render } from 'preact';
import { type StoredNode, writeChanges } from './stored-config';

export interface DialogProps<Config> {
  readonly nodeId: string;
  readonly stored: Config;
  /** Tells all that differs from `stored` so far. */
  readonly onChange: (changes: Partial<Config>) => void;
}

export interface NodeDialog {
  readonly open: (node: StoredNode, element: Element) => void;
  readonly save: (node: StoredNode) => void;
  readonly close: () => void;
}

/**
 * What the registration in a node's HTML file calls: it has to be literal, so the work is here. One dialog of a type
 * is open at a time; only `save` writes, and only what was changed.
 */
export function nodeDialog<Config extends object>(
  read: (node: StoredNode) => Config,
  Dialog: ComponentType<DialogProps<Config>>,
): NodeDialog {
  let host: Element | undefined;
  let changes: Partial<Config> = {};
  const close = (): void => {
    if (host) render(null, host);
    host = undefined;
    changes = {};
  };
  return {
    open(node, element) {
      host = element;
      changes = {};
      const keep = (next: Partial<Config>): void => {
        changes = next;
      };
      render(<Dialog nodeId={node.id} stored={read(node)} onChange={keep} />, element);
    },
    save(node) {
      writeChanges(node, read(node), changes);
      close();
    },
    close,
  };
}
