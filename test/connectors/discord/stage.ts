import { discordConnector } from '../../../src/connectors/discord/connector.ts';
import type { Wire } from '../../../src/connectors/discord/wire.ts';
import type { InboundMessage, OutboundPart } from '../../../src/model/chat-messages.ts';
import type { ChatConnector, ConnectorSetting, Delivery, Subscription } from '../../../src/model/connectors.ts';
import { MemoryDisk } from '../memory-log.ts';
import { partOf } from '../parts.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { FakeDiscord } from './fake.ts';
import { FakeRest } from './fake-rest.ts';
import { base, fakeWire } from './fake-wire.ts';
import { settingOf } from './scene.ts';

/** A connector at a fake server, without the bridge: what it gives and what it says. */
export class Theatre {
  readonly clock: VirtualClock;
  readonly discord: FakeDiscord;
  readonly rest: FakeRest;
  readonly disk = new MemoryDisk();
  readonly wire: Wire;
  readonly more: Record<string, unknown>;
  /** What was taken, as it came. */
  readonly deliveries: Delivery[] = [];
  cursor: string | null = null;
  refuses = 0;
  connector: ChatConnector;
  #subscription: Subscription | null = null;

  constructor(more: Record<string, unknown> = {}) {
    this.clock = new VirtualClock();
    this.discord = new FakeDiscord(this.clock);
    this.rest = new FakeRest(this.discord);
    this.wire = fakeWire(this.discord, this.rest);
    this.more = more;
    this.connector = this.make();
  }

  get setting(): ConnectorSetting {
    return settingOf(this.discord, { base, log: (name, isRecord) => this.disk.log(name, isRecord), more: this.more });
  }

  make(): ChatConnector {
    this.connector = discordConnector(this.wire, this.setting);
    return this.connector;
  }

  get heard(): readonly InboundMessage[] {
    return this.deliveries.flatMap(({ messages }) => messages);
  }

  /** Each once, as the bridge has it. */
  get texts(): readonly string[] {
    return [...new Map(this.heard.map((message) => [message.id, message.text])).values()];
  }

  /** As a process does at its start. */
  listen(): void {
    this.make();
    this.#subscription = this.connector.subscribe(this.cursor, async (delivery) => {
      if (this.refuses > 0) {
        this.refuses -= 1;
        throw new Error('no space left on the device');
      }
      this.deliveries.push(delivery);
      this.cursor = delivery.cursor ?? this.cursor;
    });
  }

  async live(): Promise<void> {
    this.listen();
    await this.until('live');
  }

  until(phase: string): Promise<void> {
    return this.clock.until(`it is ${phase}`, () => this.connector.health().phase === phase);
  }

  hears(text: string): Promise<void> {
    return this.clock.until(`it hears ${text}`, () => this.texts.includes(text));
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }

  async restart(): Promise<void> {
    await this.close();
    await this.live();
  }

  /** In virtual time, whatever comes of it. */
  async done<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const settled = work.finally(() => {
      isDone = true;
    });
    settled.catch(() => {});
    await this.clock.until('it is done', () => isDone);
    return settled;
  }

  send(part: Partial<OutboundPart> = {}): ReturnType<ChatConnector['send']> {
    return this.done(this.connector.send(partOf(part)));
  }

  missing(): readonly string[] {
    return this.connector.health().missing.map(({ what }) => what);
  }
}
