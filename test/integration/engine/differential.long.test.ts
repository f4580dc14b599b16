import { compareReaders } from './differential';

describe('our reader and the runtime, long form', function () {
  this.timeout(40 * 60_000);
  it('agree on the names of mutated models', () => compareReaders(2_000));
});
