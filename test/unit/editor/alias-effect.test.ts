import assert from 'node:assert/strict';
import { aliasVersion } from '../../../plugins/model-management/editor/alias/alias-effect';

describe('the version an alias names', () => {
  for (const { alias, version } of [
    { alias: 'deployed', version: 2 },
    { alias: 'canary', version: undefined },
    { alias: 'constructor', version: undefined },
    { alias: 'toString', version: undefined },
  ]) {
    it(`${alias}: ${version}`, () => assert.equal(aliasVersion({ aliases: { deployed: 2 } }, alias), version));
  }
});
