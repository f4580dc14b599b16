import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { read, root, trackedFiles } from './tracked-files';

const documents = trackedFiles.filter((file) => file.endsWith('.md'));
const folders = new Set(trackedFiles.map((file) => file.split('/')[0]));

const fence = /^```/;

/** The lines with code taken out, so that what stands in an example is no link, table or heading. */
function prose(text: string): readonly string[] {
  let isCode = false;
  return text.split('\n').map((line) => {
    const isFence = fence.test(line);
    if (isFence) isCode = !isCode;
    return isFence || isCode ? '' : line;
  });
}

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (file: string): readonly string[] =>
  prose(read(file)).flatMap((line) => /^#+ (.*)$/.exec(line)?.slice(1).map(anchorOf) ?? []);

/** Cells of a row of a table; `\|` is no border. */
const cellCount = (row: string): number => row.replaceAll('\\|', '').split('|').length - 2;

describe('the documents', () => {
  it('link to files and headings that are there', () => {
    const broken = documents.flatMap((file) =>
      [
        ...prose(read(file))
          .join('\n')
          .matchAll(/\]\(([^)\s]+)\)/g),
      ]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [path = '', anchor] = target.split('#');
          const linked = path === '' ? file : join(dirname(file), path);
          if (!existsSync(join(root, linked))) return true;
          return anchor !== undefined && !anchorsOf(linked).includes(anchor);
        })
        .map((target) => `${file}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('name files that are there', () => {
    const named = documents
      // It tells of files that have gone.
      .filter((file) => file !== 'CHANGELOG.md')
      .flatMap((file) =>
        [
          ...prose(read(file))
            .join('\n')
            .matchAll(/`([\w.-]+)(\/[\w./-]*)`/g),
        ]
          .filter(([, folder = '']) => folders.has(folder))
          .map(([, folder = '', rest = '']) => ({ file, path: folder + rest })),
      );
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter(({ path }) => !existsSync(join(root, path))),
      [],
    );
  });

  for (const file of documents) {
    it(`${file} closes what it opens, and its tables are whole`, () => {
      const lines = read(file).split('\n');
      assert.equal(lines.filter((line) => fence.test(line)).length % 2, 0, 'a fence of code is open');
      const rows = prose(read(file));
      rows.forEach((row, index) => {
        if (!row.startsWith('|') || rows[index - 1]?.startsWith('|')) return;
        const where = `line ${index + 1}`;
        assert.match(rows[index + 1] ?? '', /^\|(?:[ :-]+\|)+$/, `${where}: a table begins with a heading and dashes`);
        const end = rows.findIndex((line, later) => later > index && !line.startsWith('|'));
        assert.equal(rows[end], '', `line ${end + 1}: a table ends with an empty line`);
        for (const [offset, line] of rows.slice(index, end).entries())
          assert.equal(cellCount(line), cellCount(row), `line ${index + offset + 1}: another number of cells`);
      });
    });
  }
});
