import { t } from '../i18n';
import { openGate } from '../widgets/leave-gate';
import { openTray } from '../widgets/tray';
import type { LibraryWithSource } from './contract';
import type { Template } from './library-draft';
import { LibraryEditor } from './library-editor';

/** Editor and test side by side where the window has the room. */
const WIDTH_PX = 1_000;

export interface LibraryTrayOptions {
  readonly name: string;
  /** What a library that is not stored yet begins with. */
  readonly template?: Template;
  readonly onStored?: (library: LibraryWithSource) => void;
}

/** A library's source, test and revisions, in the platform's tray; asks before it closes over unsaved changes. */
export function openLibrary({ name, template, onStored = () => undefined }: LibraryTrayOptions): void {
  const gate = openGate();
  openTray({
    title: t('library.title', { name }),
    widthPx: WIDTH_PX,
    gate,
    content: (
      <LibraryEditor name={name} gate={gate} onStored={onStored} onOpen={openLibrary} {...(template && { template })} />
    ),
  });
}
