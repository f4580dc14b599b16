/** What we use of Node-RED's editor, in both 4.1 and 5; the published types lack the plugin and sidebar parts. */
type RedTypedInputType =
  | string
  | { value: string; label: string; options: readonly { value: string; label: string }[] };

interface RedTypedInput {
  typedInput(options: { default: string; types: readonly RedTypedInputType[] }): JQuery;
  typedInput(method: 'value' | 'type'): string;
  typedInput(method: 'value' | 'type' | 'width', value: string): JQuery;
}

interface RedCodeEditor {
  getValue(): string;
  setValue(text: string): void;
  destroy(): void;
  focus(): void;
  gotoLine(row: number, column: number): void;
  /** Both count from 0. */
  getCursorPosition(): { readonly row: number; readonly column: number };
  setReadOnly(readOnly: boolean): void;
  /** Not of the plain one; the platform calls it by itself, later. */
  setMode?: () => void;
  /** Monaco only. */
  revealLineInCenterIfOutsideViewport?(line: number): void;
  getSession(): { on(event: 'change', listener: () => void): void };
}

interface RedEditorNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  name?: string;
  [property: string]: unknown;
}

interface RedWorkspace {
  readonly id: string;
  readonly label: string;
  disabled?: boolean;
}

interface RedEditor {
  readonly plugins: {
    registerPlugin(
      id: string,
      definition: { readonly type: string; onadd(this: { _(key: string): string }): void },
    ): void;
  };
  readonly sidebar: {
    addTab(options: {
      readonly id: string;
      readonly label: string;
      readonly name: string;
      readonly iconClass: string;
      readonly content: HTMLElement;
      readonly action: string;
      readonly enableOnEdit: boolean;
      readonly onchange?: () => void;
    }): void;
    show(id: string): void;
  };
  readonly actions: { add(name: string, action: () => void): void };
  readonly events: {
    on(event: string, listener: (data: unknown) => void): void;
    off(event: string, listener: (data: unknown) => void): void;
    emit(event: string, data: unknown): void;
  };
  readonly comms: {
    subscribe(topic: string, listener: (topic: string, data: unknown) => void): void;
    unsubscribe(topic: string, listener: (topic: string, data: unknown) => void): void;
    on(event: 'connect', listener: () => void): void;
    off(event: 'connect', listener: () => void): void;
  };
  readonly tray: {
    show(options: {
      readonly title: string;
      readonly width?: number;
      readonly buttons: readonly { readonly id?: string; readonly text: string; readonly click: () => void }[];
      readonly open: (tray: JQuery) => void;
      /** What gets the focus when the tray has come in; false = nothing. Default: its first control. */
      readonly focusElement?: false;
      readonly close: () => void;
    }): void;
    close(done?: () => void): void;
  };
  /** A text is read as HTML; an element is shown as it is. */
  notify(
    message: HTMLElement,
    options: {
      readonly type: 'success';
      readonly fixed: true;
      readonly buttons: readonly { readonly text: string; readonly click: () => void }[];
    },
  ): { close(): void };
  readonly editor: {
    /** Opens the dialog of a node. */
    edit(node: RedEditorNode): void;
    createEditor(options: {
      readonly element: HTMLElement;
      readonly mode: string;
      readonly value: string;
      /** Of Monaco. */
      readonly stickyScroll?: { readonly enabled: boolean };
      /** Of Monaco. */
      readonly occurrencesHighlight?: 'off';
      /** Of Monaco. */
      readonly foldingStrategy?: 'indentation';
    }): RedCodeEditor;
  };
  readonly view: {
    importNodes(nodes: readonly object[], options: { readonly generateIds: boolean; readonly notify: boolean }): void;
    reveal(id: string): void;
  };
  readonly workspaces: {
    show(id: string): void;
    /** With one undo. Does nothing to the last tab. */
    delete(tab: RedWorkspace): void;
    /** Id of the tab in sight. */
    active(): string;
  };
  readonly deploy: {
    /** While on, the editor takes changes of the flows for its own. */
    setDeployInflight(isInflight: boolean): void;
  };
  readonly nodes: {
    /** `null` when the editor holds no node of that id. */
    node(id: string): RedEditorNode | null;
    /** Everything there is, as Deploy would send it. */
    createCompleteNodeSet(options: { readonly credentials: boolean }): readonly RedEditorNode[];
    workspace(id: string): RedWorkspace | null | undefined;
    /** Revision of the flows that the editor's are based on. */
    version(revision?: string): string | null;
    /** Whether there is something to deploy. */
    dirty(isDirty?: boolean): boolean;
    subflow(id: string): { readonly name: string } | null | undefined;
    eachConfig(visit: (node: RedEditorNode) => void): void;
    eachWorkspace(visit: (tab: { readonly id: string }) => void): void;
  };
  readonly settings: {
    /** Kept in this browser only. */
    getLocal(key: string): string | null;
    setLocal(key: string, value: string): void;
  };
  readonly user: { hasPermission(permission: string): boolean };
  readonly utils: {
    sanitize(text: string): string;
    /** What the canvas writes on a node. */
    getNodeLabel(node: RedEditorNode, fallback: string): string;
  };
  readonly i18n: { lang(): string };
  _(key: string, values?: Readonly<Record<string, unknown>>): string;
}

declare const RED: RedEditor;

declare module '*.css';
