import { checkJoinMemory } from './message-join-memory';

describe('the memory of a join, for long', () => {
  it('stays flat over 1,000,000 messages', () => checkJoinMemory(1_000_000)).timeout(300_000);
});
