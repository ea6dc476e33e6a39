import {
  type Bridge,
  type BridgeDeps,
  type BridgeJournals,
  bridgeJournals,
  openBridge,
} from '../../src/connectors/bridge/bridge.ts';
import type { SayReceipt } from '../../src/connectors/bridge/records.ts';
import { outboundMessage, queue } from '../../src/connectors/bridge/say.ts';
import type { InboundMessage, OutboundMessage } from '../../src/model/chat-messages.ts';
import type { ChatConnector, ConnectorClock } from '../../src/model/connectors.ts';
import { Life, mortal } from './life.ts';
import { MemoryDisk } from './memory-log.ts';

export interface Spoken {
  readonly id: string;
  readonly text: string;
  readonly threadId: string | null;
}

/** A server of some kind with one conversation in it, and what the suite has to know of it. Made anew for each test. */
export interface Subject {
  /** A connector as a process has it after its start: the same account, the same durable state, nothing else. */
  open(): ChatConnector;
  readonly clock: ConnectorClock;
  /** Immutable ids: one who is to be admitted, one who is not; `null` where nobody else can be there. */
  readonly operator: string;
  readonly stranger: string | null;
  /** A person says something. Gives the message's id. */
  say(who: string, text: string, threadId?: string | null): Promise<string>;
  /** What people see of what the fleet has said, in order. */
  seen(): Promise<readonly Spoken[]>;
  /** Waits, as time goes there. */
  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void>;
  /** Messages of a flood. */
  readonly flood: number;
  /** Whether a thread begins with a message of a person, by its id; else any text is the id of a thread. */
  readonly threadsAreMessages: boolean;
  /** What can be made to go wrong there. What cannot is left out, and its tests are skipped. */
  readonly faults: Faults;
  end(): Promise<void>;
}

export interface Faults {
  down?(): Promise<void>;
  up?(): Promise<void>;
  /** The next so many parts are turned away for the rate. */
  limit?(times: number): void;
  /** The next so many parts are taken, and nobody is told. */
  loseAnswers?(times: number): void;
  /** The next so many parts are refused for good. */
  refuse?(times: number): void;
  /** The next so many times everything of the last time comes again. */
  repeat?(times: number): void;
}

/** A bridge at a subject, its journals on a disk in memory, and an inbox that knows what it has. */
export class Stage {
  readonly disk: MemoryDisk;
  /** What was handed over, each once. */
  readonly inbox: InboundMessage[] = [];
  /** How often, however often that was. */
  handed = 0;
  readonly receipts: SayReceipt[] = [];
  readonly subject: Subject;
  readonly #options: Partial<Pick<BridgeDeps, 'operators' | 'secrets' | 'limits'>>;
  #said = 0;

  constructor(
    subject: Subject,
    options: Partial<Pick<BridgeDeps, 'operators' | 'secrets' | 'limits'>> = {},
    disk = new MemoryDisk(),
  ) {
    this.subject = subject;
    this.disk = disk;
    this.#options = options;
  }

  /** As a process does at its start. */
  open(life: Life = new Life()): Promise<Bridge> {
    const deps: BridgeDeps = {
      fleet: 'coding',
      connector: this.subject.open(),
      operators: [this.subject.operator],
      secrets: [],
      handOver: async (message) => {
        this.handed += 1;
        if (!this.inbox.some(({ id }) => id === message.id)) this.inbox.push(message);
        return 'taken';
      },
      journals: this.journals,
      clock: this.subject.clock,
      onReceipt: (receipt) => this.receipts.push(receipt),
      ...this.#options,
    };
    return openBridge(mortal(deps, life));
  }

  get journals(): BridgeJournals {
    return bridgeJournals((name, isRecord) => this.disk.log(name, isRecord));
  }

  /** As `muster say` does, from a process of its own. */
  async queue(text: string, more: Partial<OutboundMessage> = {}): Promise<string> {
    this.#said += 1;
    const message = outboundMessage({
      id: `say-${this.#said}`,
      text,
      sender: 'orchestrator',
      at: this.subject.clock.date().toISOString(),
      ...more,
    });
    const queued = await queue(this.journals.outbound, message);
    if (!queued.queued) throw new Error(`not queued: ${queued.problem}`);
    return message.id;
  }

  texts(threadId?: string | null): string[] {
    return this.inbox.filter((message) => threadId === undefined || message.threadId === threadId).map(({ text }) => text);
  }

  async heard(count: number): Promise<void> {
    await this.subject.until(`${count} messages are in the inbox`, () => this.inbox.length >= count);
  }

  async spoken(count: number): Promise<readonly Spoken[]> {
    await this.subject.until(`${count} messages are seen`, async () => (await this.subject.seen()).length >= count);
    return this.subject.seen();
  }

  async settled(count: number): Promise<void> {
    await this.subject.until(`${count} receipts`, () => this.receipts.length >= count);
  }
}
