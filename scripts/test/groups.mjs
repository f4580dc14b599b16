// Which tests run where. A group is one mocha process: its folder, the Node-RED that its tests start, the Node under both.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../provision.mjs';

/** In the order they start; the long ones first, so that two at a time end together. */
const GROUPS = [
  { name: 'fault', folder: 'fault', nodeRed: 5, node: 22 },
  { name: 'browser-4', folder: 'e2e', nodeRed: 4, node: 22 },
  { name: 'integration', folder: 'integration', nodeRed: 5, node: 22 },
  { name: 'browser-5', folder: 'e2e', nodeRed: 5, node: 24 },
  { name: 'flows-4', folder: join('integration', 'node-red'), nodeRed: 4, node: 24 },
  { name: 'conformance', folder: 'conformance', nodeRed: 5, node: 22 },
  { name: 'smoke-4', folder: 'smoke', nodeRed: 4, node: 24 },
  { name: 'smoke-5', folder: 'smoke', nodeRed: 5, node: 22 },
  { name: 'unit', folder: 'unit', nodeRed: 5, node: 22 },
  // The data types that ONNX Runtime and JavaScript share differ between Node versions.
  { name: 'conformance-24', folder: 'conformance', nodeRed: 5, node: 24, isLong: true },
];

/**
 * The groups to run: all, or those named (`browser` means `browser-4` and `browser-5`). Throws on a name that is none.
 */
export function chooseGroups(names, isLong) {
  const offered = GROUPS.filter((group) => isLong || !group.isLong);
  const matches = (group, name) => group.name === name || group.name.startsWith(`${name}-`);
  const unknown = names.find((name) => !offered.some((group) => matches(group, name)));
  if (unknown !== undefined) {
    throw new Error(`no test group "${unknown}"; there are ${offered.map((group) => group.name).join(', ')}`);
  }
  return offered.filter((group) => names.length === 0 || names.some((name) => matches(group, name)));
}

/** The test files of a group, sorted; `*.long.test.ts` only in a long run. */
export function filesOf(group, isLong) {
  const folder = join(root, 'test', group.folder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && (isLong || !file.endsWith('.long.test.ts')))
    .map((file) => join(folder, file))
    .sort();
}
