import { createHash } from 'node:crypto';
import type { Message, Receipt } from '../../model/agents.ts';
import type { HeldDelivery, InboxRecord, Obstacle } from '../../model/inbox.ts';
import { PortError } from '../../model/ports.ts';
import { entriesOf, inPhase, receiptFor, shortened } from '../inbox/entries.ts';
import { composed } from '../inbox/envelope.ts';
import { paneObstacle, type Reach, reach, screenObstacle } from './readiness.ts';
import { resemblance } from './resemblance.ts';
import { type Books, conclude, format_version, settleExpired, settleInterrupted } from './settle.ts';
import { baseline, type Outcome, type Patience, pressUntilTaken, submit, usualPatience } from './type-in.ts';
import type { DeliveryWorld } from './world.ts';

export interface DrainOptions {
  /** Milliseconds for which an obstacle is waited for to pass; default 0. */
  readonly patience?: number;
  /** After so many milliseconds no further message is begun; default: all that wait are delivered. */
  readonly limit?: number;
  /** No further message is begun once it is aborted. */
  readonly stop?: AbortSignal;
  readonly steps?: Patience;
  /** Told of each receipt once it is on the disk. */
  readonly onReceipt?: (receipt: Receipt) => void;
}

export interface Drained {
  /** New receipts, in the order of the messages. */
  readonly receipts: readonly Receipt[];
  /** What the next message waits for; `null` when none waits. */
  readonly obstacle: Obstacle | null;
  /** Somebody else is at it, and delivers what waits. */
  readonly elsewhere: boolean;
}

/**
 * Delivers what waits in an agent's inbox, in order, as far as the agent takes it. One deliverer an agent at a time: whoever comes second
 * leaves it to the first, who looks once more after it has given the lock back.
 */
export async function drain(agent: string, world: DeliveryWorld, options: DrainOptions = {}): Promise<Drained> {
  const journal = world.journal(agent);
  const receipts: Receipt[] = [];
  const tell = (receipt: Receipt): void => {
    receipts.push(receipt);
    options.onReceipt?.(receipt);
  };
  const until = world.clock.now() + (options.limit ?? Number.POSITIVE_INFINITY);
  const mayBegin = (): boolean => options.stop?.aborted !== true && world.clock.now() < until;
  for (;;) {
    const held = await world.lock.acquire(agent);
    if (held === null) return { receipts, obstacle: null, elsewhere: true };
    let obstacle: Obstacle | null;
    try {
      obstacle = await deliverAll({ agent, world, journal, held, options, tell, mayBegin });
      await journal.compact(shortened);
    } finally {
      await held.release();
    }
    const left = inPhase(entriesOf(await journal.read()), 'waiting');
    if (obstacle !== null || left.length === 0 || !mayBegin()) return { receipts, obstacle, elsewhere: false };
  }
}

interface Round extends Books {
  readonly agent: string;
  readonly held: HeldDelivery;
  readonly options: DrainOptions;
  readonly mayBegin: () => boolean;
}

async function deliverAll(round: Round): Promise<Obstacle | null> {
  await settleInterrupted(round.agent, round);
  while (round.mayBegin() && !round.held.lost.aborted) {
    await settleExpired(round);
    const [entry] = inPhase(entriesOf(await round.journal.read()), 'waiting');
    if (entry === undefined || entry.message === null) return null;
    const ready = await awaitReady(round);
    if ('reason' in ready) return ready;
    const obstacle = await deliver(entry.message, ready, round);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

const lookAgain = 150;
/** Milliseconds after a message of which nobody knows: what was typed of it may still be on its way to the screen. */
const calm = 1500;

async function awaitReady(round: Round): Promise<Reach | Obstacle> {
  const { agent, world, options, held } = round;
  await calmDown(round);
  const deadline = world.clock.now() + (options.patience ?? 0);
  for (;;) {
    const found = await reach(agent, world);
    const obstacle = 'reason' in found ? found : screenObstacle(found);
    if (obstacle === null) return found;
    if ('target' in found && obstacle.reason === 'draft' && (await submitStranded(found, round))) continue;
    const hopeless = obstacle.reason === 'agent-down';
    if (hopeless || world.clock.now() >= deadline || held.lost.aborted || options.stop?.aborted) return obstacle;
    await world.clock.sleep(lookAgain);
  }
}

async function calmDown({ journal, world }: Round): Promise<void> {
  const unknown = inPhase(entriesOf(await journal.read()), 'dead').filter(({ receipt }) => receipt.state === 'unknown');
  const last = Math.max(0, ...unknown.map(({ receipt }) => Date.parse(receipt.at)));
  const since = world.clock.date().getTime() - last;
  // A clock that was set back says nothing.
  if (since >= 0 && since < calm) await world.clock.sleep(calm - since);
}

/** The draft may be a message of ours that was typed and not submitted: then only the submit key is missing. */
async function submitStranded(found: Reach, round: Round): Promise<boolean> {
  const { journal, world, options } = round;
  const { composer } = found.reading;
  const stranded = inPhase(entriesOf(await journal.read()), 'dead').findLast(
    ({ receipt, typed }) => receipt.state === 'typed' && typed?.invocation === found.target.incarnation,
  );
  // A label may stand for anything.
  if (stranded === undefined || stranded.message === null || composer === null || composer.folded) return false;
  const text = composed(stranded.message, found.adapter.sigils, world.operator);
  if (resemblance(composer, text) !== 'ours') return false;
  const outcome = await pressUntilTaken(await baseline(found, text, world), world, options.steps ?? usualPatience);
  if (outcome.state === 'typed') return false;
  await conclude(receiptAfter(stranded.message, outcome, world), round);
  return true;
}

const receiptAfter = (message: Message, { state, evidence, reason }: Outcome, { clock }: DeliveryWorld): Receipt =>
  receiptFor(message, state, evidence, reason, clock.date().toISOString());

/** An obstacle where the pane was not to be had in the last moment: then nothing was typed. */
async function deliver(message: Message, found: Reach, round: Round): Promise<Obstacle | null> {
  const { world, journal, options } = round;
  const text = composed(message, found.adapter.sigils, world.operator);
  const buffer = bufferFor(message.id, found.target.agent);
  const setting = await baseline(found, text, world);
  if (round.held.lost.aborted) return null;
  const { id } = message;
  const at = (): string => world.clock.date().toISOString();
  await journal.append([
    { format_version, kind: 'typing', id, at: at(), invocation: found.target.incarnation, buffer } satisfies InboxRecord,
  ]);
  try {
    const refused = await world.panes.paste(found.target, buffer, `${text}${found.adapter.ending}`);
    if (refused !== null) {
      await journal.append([{ format_version, kind: 'untyped', id, at: at() }]);
      return refused === 'gone'
        ? { reason: 'session-missing', detail: 'its session went in this moment' }
        : paneObstacle(refused);
    }
    await conclude(receiptAfter(message, await submit(setting, world, options.steps), world), round);
  } catch (error) {
    // Something may have been typed by then.
    if (!(error instanceof PortError)) throw error;
    await conclude(receiptAfter(message, { state: 'unknown', evidence: [], reason: 'tmux-failed' }, world), round);
  }
  return null;
}

/** One for each message: a buffer belongs to the whole server. */
const bufferFor = (id: string, agent: string): string =>
  `muster-${agent}-${createHash('sha256').update(`${agent} ${id}`).digest('hex').slice(0, 16)}`;
