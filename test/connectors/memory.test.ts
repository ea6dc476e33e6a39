import { conformance } from './conformance.ts';
import { MemoryServer } from './memory-server.ts';
import { memorySubject } from './memory-subject.ts';
import type { Subject } from './subject.ts';
import { VirtualClock } from './virtual-clock.ts';

async function faultySubject(): Promise<Subject> {
  const clock = new VirtualClock();
  const server = new MemoryServer(clock);
  return {
    ...memorySubject(server, clock),
    stranger: '@mallory:memory',
    flood: 1000,
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
  };
}

conformance('memory', faultySubject, ['repeat', 'limit', 'loseAnswers', 'refuse', 'down']);
