import { join } from 'node:path';
import { Collections, type CollectionsDeps, type DataSource } from '../../lib/collections';
import { silentLog } from '../../lib/log';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder';

const processFolder = join(__dirname, '..', '..', 'dist', 'lib', 'collections', 'child');

/** Real collections in a folder of their own, with the built processes. */
export class CollectionsLab implements AsyncDisposable {
  private constructor(
    readonly collections: Collections,
    private readonly temporary: TemporaryFolder,
  ) {}

  static async open(
    sources: Readonly<Record<string, DataSource>> = {},
    deps: Partial<Pick<CollectionsDeps, 'timeouts' | 'usage'>> = {},
  ): Promise<CollectionsLab> {
    const temporary = await temporaryFolder('mm-collections-');
    const collections = new Collections({
      path: join(temporary.path, 'collections.sqlite'),
      tempPath: temporary.path,
      processFolder,
      log: silentLog,
      sources: { find: (name) => sources[name], names: () => Object.keys(sources) },
      usage: () => [],
      ...deps,
    });
    return new CollectionsLab(collections, temporary);
  }

  /** A file of this lab. */
  file(name: string): string {
    return join(this.temporary.path, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.collections.close();
    await this.temporary[Symbol.asyncDispose]();
  }
}
