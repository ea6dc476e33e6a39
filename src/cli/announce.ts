import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeJournals } from '../connectors/bridge/bridge.ts';
import { announcer } from '../connectors/service/announcer.ts';
import { announcementsOf, isFloorKey } from '../controller/announcements.ts';
import { connectorLogs } from '../host/connector-logs.ts';
import { stateReader } from '../host/state.ts';
import type { ControllerStatus } from '../model/controller.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import { specHere } from './fleet-here.ts';
import type { Log } from './log.ts';

export interface Announcing {
  /** How things are after a pass. */
  look(status: ControllerStatus): void;
  end(): Promise<void>;
}

/** A floor is given a while; that it is over is seen without a pass. */
const lookEveryMs = 10_000;
const endWithinMs = 2000;

/** Tells operators what they should hear of their fleets: queued for the connectors, beside the controller, which never waits for it. */
export function announce(facts: HostFacts, context: Pick<Context, 'env' | 'date'>, log: Log): Announcing {
  const { say, settled } = announcer({
    journal: async (fleet) =>
      (await specHere(fleet, facts, context)) === null ? null : bridgeJournals(connectorLogs(facts.stateDir, fleet)).outbound,
    date: context.date,
    onFailure: (why) => log(4, `operators cannot be told now: ${why}`),
  });
  let last: ControllerStatus | null = null;
  const floors = new Map<string, string>();
  const look = async (): Promise<void> => {
    if (last === null) return;
    const status = last;
    const now = context.date().getTime();
    // Most of the time there is nothing to say.
    if (announcementsOf(status, { now, floors, fleetOf: () => null }).length === 0) return;
    const fleets =
      (
        await stateReader(facts.stateDir)
          .admitted()
          .catch(() => null)
      )?.fleets ?? {};
    const fleetOf = (agent: string): string | null => Object.keys(fleets).find((fleet) => fleets[fleet]?.includes(agent)) ?? null;
    const all = status.fleets.map(({ name }) => name);
    const told = announcementsOf(status, { now, floors, fleetOf });
    for (const { key, fleet } of told) if (fleet !== null && isFloorKey(key)) floors.set(fleet, key);
    say(told.flatMap(({ key, fleet, text }) => (fleet === null ? all : [fleet]).map((whose) => ({ key, fleet: whose, text }))));
  };
  const timer = setInterval(() => void look(), lookEveryMs).unref();
  return {
    look: (status) => {
      last = status;
      void look();
    },
    end: async () => {
      clearInterval(timer);
      const late = new AbortController();
      await Promise.race([settled(), sleep(endWithinMs, undefined, { signal: late.signal }).catch(() => {})]);
      late.abort();
    },
  };
}
