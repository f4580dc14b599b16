import type { Readable } from 'node:stream';

const KEPT_BYTES = 4_096;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours of the runtime's log are what goes
const COLOURS = /\u001b\[[0-9;]*m/g;
const STACK_FRAME = /^(at |#?\d+: 0x|-+ (Native|JavaScript) stack trace)/;
/** A folder says where we are installed, which is nobody's business; the file name stays. */
const FOLDERS = /(?:[A-Za-z]:)?(?:[\\/][^\\/\s:()'"]+)+[\\/](?=[^\\/\s])/g;

/** The text with every path cut to its last part. */
export function withoutFolders(text: string): string {
  return text.replace(FOLDERS, '');
}

/** Drains the output of a process, so that it never blocks on a full pipe, and keeps the end of it for error messages. */
export class OutputTail {
  #text = '';

  constructor(streams: readonly (Readable | null)[]) {
    for (const stream of streams) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.#text = (this.#text + text).slice(-KEPT_BYTES);
      });
      // The end of the process is told by its exit; a pipe that breaks with it adds nothing.
      stream?.on('error', () => undefined);
    }
  }

  /** The last lines, without colours, blank lines, stack frames and folders; '' when nothing was said. */
  lastLines(count = 5): string {
    const lines = this.#text.replace(COLOURS, '').split('\n');
    const said = lines.map((line) => line.trim()).filter((line) => line !== '' && !STACK_FRAME.test(line));
    return withoutFolders(said.slice(-count).join('\n'));
  }
}
