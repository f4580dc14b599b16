import assert from 'node:assert/strict';
import type { Health } from '../../../plugins/model-management/editor/contract';
import { noticesOf } from '../../../plugins/model-management/editor/models/notice-list';

const well: Health = {
  role: 'hub',
  nextRole: 'hub',
  isRoleSet: false,
  engine: { kind: 'native', version: '1', models: [] },
  nodes: [],
  docker: { available: true },
  broker: { connected: true, url: 'mqtt://broker' },
  auth: { adminAuth: true },
};

describe('what the tab says is missing', () => {
  for (const { name, change, keys } of [
    { name: 'nothing', change: {}, keys: [] },
    { name: 'no login', change: { auth: { adminAuth: false } }, keys: ['noAuth'] },
    { name: 'no runtime', change: { engine: { kind: 'none', version: null, models: [] } }, keys: ['noEngine'] },
    { name: 'no native runtime', change: { engine: { kind: 'wasm', version: '1', models: [] } }, keys: ['slowEngine'] },
    { name: 'no broker', change: { broker: { connected: false } }, keys: ['noBroker'] },
    {
      name: 'a broker that does not answer',
      change: { broker: { connected: false, url: 'mqtt://x' } },
      keys: ['brokerGone'],
    },
    {
      name: 'everything, the gravest first',
      change: {
        engine: { kind: 'none', version: null, models: [] },
        auth: { adminAuth: false },
        broker: { connected: false },
        docker: { available: false, reason: 'No Docker engine runs here.' },
      },
      keys: ['noEngine', 'noAuth', 'noBroker', 'noDocker'],
    },
  ] satisfies readonly { name: string; change: Partial<Health>; keys: readonly string[] }[]) {
    it(name, () =>
      assert.deepEqual(
        noticesOf({ ...well, ...change }).map(({ key }) => key),
        keys,
      ),
    );
  }
});
