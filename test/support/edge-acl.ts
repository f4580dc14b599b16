import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HUB_ID } from './edge-lab';

/** The access rules for mosquitto as docs/edge-protocol.md gives them. @param hubIds - default the two hubs of the tests */
export async function anAcl(...hubIds: readonly string[]): Promise<string> {
  const text = await readFile(join(__dirname, '..', '..', 'docs', 'edge-protocol.md'), 'utf8');
  const [, rules] = /```mosquitto-acl\n([\s\S]*?)```/.exec(text) ?? [];
  if (!rules) throw new Error('docs/edge-protocol.md holds no access rules');
  return (hubIds.length > 0 ? hubIds : [HUB_ID, 'hub-2']).map((hubId) => rules.replaceAll('<hubId>', hubId)).join('\n');
}
