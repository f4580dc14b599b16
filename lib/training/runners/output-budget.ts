import { ModelManagementError } from '../../errors';

const MAX_FILE_COUNT = 10_000;
const MAX_PATH_LENGTH = 512;

/** What came back is hostile until looked at: only plain files with plain names, and not too many or too much. */
export class OutputBudget {
  #fileCount = 0;
  #sizeBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /**
   * @param path - below the work folder, with "/"
   * @param type - as the archive or the file system has it
   * @throws {ModelManagementError} `UNSAFE_OUTPUT`, `OUTPUT_TOO_LARGE`
   */
  admit(path: string, type: string, sizeBytes: number): void {
    const shown = JSON.stringify(path.slice(0, 200));
    const segments = path.split('/');
    const isPlain = segments.every((part) => part !== '' && part !== '.' && part !== '..');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (!isPlain || /[\u0000-\u001f\u007f\\]/.test(path) || path.length > MAX_PATH_LENGTH) {
      throw unsafe(`The output ${shown} has a name that could lead elsewhere.`);
    }
    if (type !== 'file' && type !== 'directory') throw unsafe(`The output ${shown} is a ${type}, not a file.`);
    if (type === 'directory') return;
    this.#fileCount += 1;
    this.#sizeBytes += sizeBytes;
    if (this.#fileCount > MAX_FILE_COUNT) {
      throw tooLarge(`The run left more than ${MAX_FILE_COUNT} files.`);
    }
    if (this.#sizeBytes > this.maxBytes) {
      throw tooLarge(
        `The outputs are larger than the ${this.maxBytes} bytes allowed; ${shown} was the first one too much.`,
      );
    }
  }
}

function unsafe(message: string): ModelManagementError {
  return new ModelManagementError('UNSAFE_OUTPUT', message, 'Let the scripts leave plain files only.');
}

function tooLarge(message: string): ModelManagementError {
  return new ModelManagementError(
    'OUTPUT_TOO_LARGE',
    message,
    'Let the scripts leave less, or raise limits.outputBytes of the job.',
  );
}
