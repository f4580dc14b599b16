import { checkJoinMemory } from './message-join-memory';

describe('the memory of a join', () => {
  it('stays flat over 100,000 messages', () => checkJoinMemory(100_000)).timeout(60_000);
});
