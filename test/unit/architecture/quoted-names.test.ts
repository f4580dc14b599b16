import assert from 'node:assert/strict';
import { read, trackedFiles } from './tracked-files';

/** Set in italics in README.md, and no words of our screens: Node-RED's own, names of things, operators. */
const NOT_OURS = new Set([
  'Import',
  'Examples',
  'Manage palette',
  'Install',
  'Quick start',
  'iris',
  'iris_job',
  'ZipMap',
]);

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What a text of a locale file may look like on the screen. One that is placeholders only could be anything. */
function patternOf(text: string): readonly RegExp[] {
  const parts = text.split(/__\w+__/);
  return parts.join('').trim().length < 3 ? [] : [new RegExp(`^${parts.map(escaped).join('.+')}$`, 'i')];
}

describe('README.md', () => {
  it('names buttons, tabs and fields as the English locale files have them', () => {
    const locales = trackedFiles.filter((file) => /\/locales\/en-US\/[^/]*\.json$/.test(file));
    const patterns = locales.flatMap((file) => textsIn(JSON.parse(read(file))).flatMap(patternOf));
    const prose = read('README.md')
      .replace(/```[\s\S]*?```/g, '')
      .replace(/`[^`\n]*`/g, '')
      .replaceAll('**', '');
    const named = [...prose.matchAll(/\*(\p{L}[^*]*)\*/gu)].flatMap(([, name = '']) => name.split(' → '));
    assert.ok(named.length > 50, 'the names are still written *so*');
    const unknown = named
      .map((name) => name.replace(/\s+/g, ' '))
      // "collections of …": what follows depends.
      .map((name) => name.replace(/ …$/, ' x'))
      .filter((name) => !NOT_OURS.has(name) && !patterns.some((pattern) => pattern.test(name)));
    assert.deepEqual(unknown, []);
  });
});
