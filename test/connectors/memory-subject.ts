import type { MemoryServer } from './memory-server.ts';
import type { Subject } from './subject.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A server in memory as the suite sees it; what can be made to go wrong with it is up to whoever asks. */
export const memorySubject = (server: MemoryServer, clock: VirtualClock, operator = '@jason:memory'): Subject => ({
  open: () => server.connect(),
  clock,
  operator,
  stranger: null,
  say: async (senderId, text, threadId = null) => server.say({ senderId, text, threadId }),
  seen: async () => server.seen,
  until: (what, isSo) => clock.until(what, isSo),
  flood: 0,
  threadsAreMessages: false,
  faults: {},
  end: async () => {},
});
