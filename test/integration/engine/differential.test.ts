import { compareReaders } from './differential';

describe('our reader and the runtime', function () {
  this.timeout(60_000);
  it('agree on the names of mutated models', () => compareReaders(40));
});
