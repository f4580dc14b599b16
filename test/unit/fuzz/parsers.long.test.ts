import { fuzzParsers } from './parsers';

describe('fuzzed, long form', function () {
  this.timeout(30 * 60_000);
  fuzzParsers(30_000);
});
