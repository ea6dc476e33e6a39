import type { BridgeDeps } from '../../src/connectors/bridge/bridge.ts';
import type { ChatConnector, ConnectorClock } from '../../src/model/connectors.ts';
import type { RecordLog } from '../../src/model/record-log.ts';

/** A process that may be killed between any two of its steps: from then on nothing that it does comes to an end. */
export class Life {
  steps = 0;
  readonly #effects = new Set<Promise<unknown>>();
  readonly #diesAt: number;
  readonly #onDeath: () => void;

  /** `diesAt`: the step that it does not survive, counted from 1. */
  constructor(diesAt = Number.POSITIVE_INFINITY, onDeath: () => void = () => {}) {
    this.#diesAt = diesAt;
    this.#onDeath = onDeath;
  }

  get isOver(): boolean {
    return this.steps >= this.#diesAt;
  }

  /** One step before the effect and one behind it. An effect that has begun comes to its end whatever happens, as in a kernel. */
  around<Given extends readonly unknown[], Value>(run: (...given: Given) => Promise<Value>): (...given: Given) => Promise<Value> {
    return this.through(async (...given) => {
      const effect = run(...given);
      this.#effects.add(effect);
      return effect.finally(() => {
        this.#effects.delete(effect);
      });
    });
  }

  /** The same for what consists of other steps. */
  through<Given extends readonly unknown[], Value>(
    run: (...given: Given) => Promise<Value>,
  ): (...given: Given) => Promise<Value> {
    return async (...given) => {
      await this.#step();
      const value = await run(...given);
      await this.#step();
      return value;
    };
  }

  /** Passes, unless it is over. */
  after<Given extends readonly unknown[], Value>(run: (...given: Given) => Promise<Value>): (...given: Given) => Promise<Value> {
    return async (...given) => {
      const value = await run(...given);
      if (this.isOver) await never;
      return value;
    };
  }

  kill(): void {
    this.steps = Number.POSITIVE_INFINITY;
  }

  /** It is over, and nothing that it had begun goes on. */
  get isGone(): boolean {
    return this.isOver && this.#effects.size === 0;
  }

  async #step(): Promise<void> {
    if (this.isOver) await never;
    this.steps += 1;
    if (!this.isOver) return;
    this.#onDeath();
    await never;
  }
}

const never = new Promise<never>(() => {});

/** The same bridge, as far as this life goes. */
export function mortal(deps: BridgeDeps, life: Life): BridgeDeps {
  return {
    ...deps,
    connector: mortalConnector(deps.connector, life),
    handOver: life.around(deps.handOver),
    journals: { inbound: mortalLog(deps.journals.inbound, life), outbound: mortalLog(deps.journals.outbound, life) },
    clock: mortalClock(deps.clock, life),
  };
}

function mortalConnector(connector: ChatConnector, life: Life): ChatConnector {
  const { find } = connector;
  return {
    ...connector,
    send: life.around((part) => connector.send(part)),
    subscribe: (cursor, receive) => connector.subscribe(cursor, life.through(receive)),
    ...(find && { find: life.after(find) }),
  };
}

const mortalLog = <T>(log: RecordLog<T>, life: Life): RecordLog<T> => ({
  ...log,
  read: life.after(log.read),
  append: life.around(log.append),
  compact: life.around(log.compact),
});

const mortalClock = (clock: ConnectorClock, life: Life): ConnectorClock => ({
  date: clock.date,
  now: clock.now,
  random: clock.random,
  sleep: life.after(clock.sleep),
});
