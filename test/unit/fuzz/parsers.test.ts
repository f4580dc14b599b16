import { fuzzParsers } from './parsers';

describe('fuzzed', function () {
  this.timeout(60_000);
  fuzzParsers(300);
});
