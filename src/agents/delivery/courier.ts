import type { Receipt } from '../../model/agents.ts';
import type { Obstacle } from '../../model/inbox.ts';
import { messageOf } from '../../model/message-of.ts';
import { entriesOf, inPhase } from '../inbox/entries.ts';
import { drain } from './drain.ts';
import { Nudge, Turnstile } from './pacing.ts';
import { settle } from './settle.ts';
import type { Patience } from './type-in.ts';
import type { DeliveryWorld } from './world.ts';

export interface CourierDeps {
  /** A host to deliver on, connected at first use. It is closed where it fails, and once nothing waits any more. */
  readonly connect: () => Connected;
  /** Inboxes by agent, each with a text that is another one after whatever was written to it. */
  readonly inboxes: () => Promise<ReadonlyMap<string, string>>;
  readonly isSuspended: (agent: string) => Promise<boolean>;
  /** Told of each receipt once it is on the disk. */
  readonly onReceipt: (receipt: Receipt) => void;
  /** What kept it from looking at an inbox. It looks again by itself. */
  readonly onFailure: (agent: string, why: string) => void;
  readonly pauses?: Pauses;
  readonly steps?: Patience;
}

export interface Connected {
  readonly world: DeliveryWorld;
  close(): Promise<void>;
}

/** In milliseconds. */
export interface Pauses {
  /** For whoever has just written to an inbox: a sender delivers by itself. */
  readonly grace: number;
  /** Between two looks at what an agent does not take; doubled each time, unless something has happened. */
  readonly first: number;
  readonly longest: number;
  /** The longest where nothing but an event will change that: the agent is down, or suspended. */
  readonly resting: number;
  /** Between two looks for inboxes that nobody has told of. */
  readonly sweep: number;
}

export const usualPauses: Pauses = { grace: 300, first: 250, longest: 5000, resting: 30_000, sweep: 60_000 };

/** Deliveries at once: each starts a few short processes. */
const atOnce = 8;
/** Milliseconds after which no further message of one inbox is begun while others may wait for their turn. */
const turnMs = 10_000;

/**
 * Delivers what waits in inboxes as soon as its agent takes it. It has no state of its own: what waits is what the journals say, and each
 * delivery is a `drain`, which shares the inbox with whoever else delivers. While nothing waits it does nothing.
 */
export class Courier {
  readonly #deps: CourierDeps;
  readonly #pauses: Pauses;
  readonly #rounds = new Map<string, { readonly nudge: Nudge; readonly over: Promise<void> }>();
  readonly #turnstile = new Turnstile(atOnce);
  #connected: Connected | null = null;
  #seen: ReadonlyMap<string, string> = new Map();
  #signal = AbortSignal.abort();

  constructor(deps: CourierDeps) {
    this.#deps = deps;
    this.#pauses = deps.pauses ?? usualPauses;
  }

  /** Until the signal aborts: then what is being typed is brought to its end, and nothing else is begun. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    const sweeping = new Nudge();
    while (!signal.aborted) {
      await this.#sweep();
      await sweeping.wait(this.#pauses.sweep, signal);
    }
    await Promise.all([...this.#rounds.values()].map(({ over }) => over));
  }

  /** Something was written to this agent's inbox. */
  wrote(agent: string): void {
    if (this.#signal.aborted) return;
    const under = this.#rounds.get(agent);
    if (under !== undefined) under.nudge.now();
    else this.#begin(agent);
  }

  /** Agents, or what keeps them from being delivered to, may have changed. */
  changed(): void {
    for (const { nudge } of this.#rounds.values()) nudge.now();
  }

  async #sweep(): Promise<void> {
    try {
      const inboxes = await this.#deps.inboxes();
      const before = this.#seen;
      this.#seen = inboxes;
      for (const [agent, mark] of inboxes) if (before.get(agent) !== mark) this.wrote(agent);
    } catch (error) {
      this.#deps.onFailure('', messageOf(error));
    }
  }

  #begin(agent: string): void {
    const nudge = new Nudge();
    const over = this.#round(agent, nudge).finally(async () => {
      this.#rounds.delete(agent);
      // What came in the last moment found this round still there.
      if (nudge.isDue && !this.#signal.aborted) this.#begin(agent);
      else if (this.#rounds.size === 0) await this.#disconnect();
    });
    this.#rounds.set(agent, { nudge, over });
  }

  /** As long as something waits for this agent. */
  async #round(agent: string, nudge: Nudge): Promise<void> {
    const { grace, first } = this.#pauses;
    await nudge.sleep(grace, this.#signal);
    for (let pause = first; !this.#signal.aborted; ) {
      nudge.take();
      const left = await this.#turnstile.pass(() => this.#look(agent));
      if (left === 'nothing') return;
      if (left === 'more') continue;
      const nudged = await nudge.wait(pause, this.#signal);
      pause = nudged ? first : Math.min(pause * 2, this.#longest(left));
      // Events come in crowds.
      if (nudged) await nudge.sleep(first, this.#signal);
    }
  }

  #longest(left: Left): number {
    return left === 'resting' ? this.#pauses.resting : this.#pauses.longest;
  }

  async #look(agent: string): Promise<Left> {
    const { connect, isSuspended, onFailure } = this.#deps;
    this.#connected ??= connect();
    const connected = this.#connected;
    try {
      if (!(await somethingWaits(agent, connected.world))) return 'nothing';
      if (!(await isSuspended(agent))) return await this.#deliver(agent, connected.world);
      await settle(agent, connected.world);
      return 'resting';
    } catch (error) {
      onFailure(agent, messageOf(error));
      if (this.#connected === connected) await this.#disconnect();
      return 'obstacle';
    }
  }

  async #deliver(agent: string, world: DeliveryWorld): Promise<Left> {
    const { steps, onReceipt } = this.#deps;
    const { obstacle, elsewhere } = await drain(agent, world, {
      limit: turnMs,
      stop: this.#signal,
      onReceipt,
      ...(steps === undefined ? {} : { steps }),
    });
    if (elsewhere) return 'obstacle';
    return obstacle === null ? 'more' : leftBy(obstacle);
  }

  async #disconnect(): Promise<void> {
    const connected = this.#connected;
    this.#connected = null;
    await connected?.close().catch(() => {});
  }
}

/** What a look at an inbox leaves. `more`: it may be looked at again at once. */
type Left = 'nothing' | 'more' | 'obstacle' | 'resting';

const leftBy = ({ reason }: Obstacle): Left => (reason === 'agent-down' ? 'resting' : 'obstacle');

/** Also what somebody was typing who may be gone. */
async function somethingWaits(agent: string, { journal }: DeliveryWorld): Promise<boolean> {
  return inPhase(entriesOf(await journal(agent).read()), 'waiting', 'typing').length > 0;
}
