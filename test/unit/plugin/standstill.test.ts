import assert from 'node:assert/strict';
import { standstillOf } from '../../../plugins/model-management/runtime/flows/standstill';

const event = (payload: object | undefined): object => ({ id: 'runtime-state', payload, retain: true });

describe('what Node-RED tells of its flows', () => {
  for (const [what, told, expected] of [
    ['they start', event({ state: 'start' }), undefined],
    ['they start after a deploy', event({ state: 'start', deploy: true }), undefined],
    ['a deploy stops them, to start them', event({ state: 'stop', deploy: true }), undefined],
    ['somebody stopped them', event({ state: 'stop' }), { cause: 'stopped', missing: [] }],
    ['a warning is over', event(undefined), undefined],
    ['something else', { id: 'runtime-deploy', payload: { revision: 'x' } }, undefined],
    [
      'types are missing, also after a deploy',
      event({ state: 'stop', error: 'missing-types', types: ['a'], deploy: true }),
      { cause: 'missing-types', missing: ['a'] },
    ],
    [
      'modules are missing',
      event({ state: 'stop', error: 'missing-modules', modules: [{ module: 'm' }] }),
      { cause: 'missing-modules', missing: ['m'] },
    ],
  ] as const) {
    it(`is ${expected ? expected.cause : 'no standstill'} where ${what}`, () => {
      assert.deepEqual(standstillOf(told), expected);
    });
  }
});
