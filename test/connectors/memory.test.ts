import { conformance } from './conformance.ts';
import { MemoryServer } from './memory-server.ts';
import type { Subject } from './subject.ts';
import { VirtualClock } from './virtual-clock.ts';

async function memorySubject(): Promise<Subject> {
  const clock = new VirtualClock();
  const server = new MemoryServer(clock);
  return {
    open: () => server.connect(),
    clock,
    operator: '@jason:memory',
    stranger: '@mallory:memory',
    say: async (senderId, text, threadId = null) => server.say({ senderId, text, threadId }),
    seen: async () => server.seen,
    until: (what, isSo) => clock.until(what, isSo),
    flood: 1000,
    threadsAreMessages: false,
    faults: {
      down: async () => {
        server.isDown = true;
      },
      up: async () => {
        server.isDown = false;
      },
      limit: (times) => void server.sendFaults.push(...Array.from({ length: times }, () => 'limited' as const)),
      loseAnswers: (times) => void server.sendFaults.push(...Array.from({ length: times }, () => 'lost-answer' as const)),
      refuse: (times) => void server.sendFaults.push(...Array.from({ length: times }, () => 'refused' as const)),
      repeat: (times) => void server.listenFaults.push(...Array.from({ length: times }, () => 'again' as const)),
    },
    end: async () => {},
  };
}

conformance('memory', memorySubject, ['repeat', 'limit', 'loseAnswers', 'refuse', 'down']);
