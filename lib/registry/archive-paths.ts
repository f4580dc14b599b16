import { invalidModel, quoted } from './invalid-model';

const MAX_PATH_BYTES = 1_024;
const MAX_SEGMENT_BYTES = 255;
const ADDITIONAL = 'additional_output/';

export const archiveNames = {
  model: 'model.onnx',
  preprocessing: 'preprocessing.onnx',
  version: 'version.json',
} as const;

/** What an entry of an upload archive is. */
export type ArchiveEntry =
  | { readonly kind: 'model' | 'preprocessing' | 'version' | 'folder' }
  | { readonly kind: 'additional'; readonly path: string };

/** The name of an additional output inside the archive. */
export function additionalName(path: string): string {
  return `${ADDITIONAL}${path}`;
}

/**
 * Decides on one entry after the other by name and type; remembers the names it has seen.
 * Nothing is ever written under these names here, but they travel on to other machines, so they must be safe there.
 */
export class ArchivePaths {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();

  /** @throws {ModelManagementError} `INVALID_MODEL` for links, devices, unsafe, unknown or repeated names */
  classify(name: string, type: string): ArchiveEntry {
    if (type !== 'file' && type !== 'directory') {
      throw refuse(
        `The archive holds ${quoted(name)}, which is a ${type}.`,
        'Only plain files and folders may be in it.',
      );
    }
    const path = name.replace(/^(\.\/)+/, '').replace(/\/$/, '');
    if (type === 'directory' && (path === '' || path === '.')) return { kind: 'folder' };
    const problem = problemOf(path);
    if (problem) throw refuse(`The archive holds the name ${quoted(name)}, which ${problem}.`, 'Rename it.');
    this.#take(path, type === 'file');
    if (type === 'directory') {
      if (`${path}/`.startsWith(ADDITIONAL)) return { kind: 'folder' };
    } else if (path === archiveNames.model) return { kind: 'model' };
    else if (path === archiveNames.preprocessing) return { kind: 'preprocessing' };
    else if (path === archiveNames.version) return { kind: 'version' };
    else if (path.startsWith(ADDITIONAL)) return { kind: 'additional', path: path.slice(ADDITIONAL.length) };
    throw refuse(
      `The archive holds ${quoted(name)}, which has no place in a version.`,
      'It may hold model.onnx, preprocessing.onnx, version.json and files below additional_output/ (on macOS, pack with COPYFILE_DISABLE=1).',
    );
  }

  /** Compared as the least able file system would: without case. */
  #take(path: string, isFile: boolean): void {
    const folded = path.normalize('NFC').toLowerCase();
    const parents = folded
      .split('/')
      .map((_, index, parts) => parts.slice(0, index).join('/'))
      .slice(1);
    const isTaken = isFile ? this.#files.has(folded) || this.#folders.has(folded) : this.#files.has(folded);
    if (isTaken || parents.some((parent) => this.#files.has(parent))) {
      throw refuse(
        `The archive holds ${quoted(path)} twice, or as both file and folder.`,
        'Give every file its own name.',
      );
    }
    for (const parent of parents) this.#folders.add(parent);
    (isFile ? this.#files : this.#folders).add(folded);
  }
}

function problemOf(path: string): string | undefined {
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is absolute';
  if (path.includes('\\')) return 'holds a backslash';
  if (/\p{Cc}|\uFFFD/u.test(path)) return 'holds characters that cannot be printed';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  for (const segment of path.split('/')) {
    if (segment === '..') return 'leads out of its folder';
    if (segment === '' || segment === '.') return 'has an empty part';
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `has a part longer than ${MAX_SEGMENT_BYTES} bytes`;
  }
  return undefined;
}

function refuse(message: string, hint: string): Error {
  return invalidModel('read', message, hint);
}
