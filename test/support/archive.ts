import { type Header, pack } from 'tar-stream';

/** Entries by name (a file with this content), or with any header. */
export type ArchiveSpec = readonly (readonly [(Partial<Header> & Pick<Header, 'name'>) | string, (Buffer | string)?])[];

/** A tar file. */
export async function buildArchive(spec: ArchiveSpec): Promise<Buffer> {
  const archive = pack();
  for (const [header, content = ''] of spec) {
    archive.entry(typeof header === 'string' ? { name: header } : header, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
