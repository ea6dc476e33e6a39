import { setTimeout as sleep } from 'node:timers/promises';
import { matrixFactory } from '../../../src/connectors/matrix/matrix.ts';
import type { OutboundPart } from '../../../src/model/chat-messages.ts';
import type { ChatConnector, ConnectorSetting, Delivery, Subscription } from '../../../src/model/connectors.ts';
import { MemoryDisk } from '../memory-log.ts';
import { partOf } from '../parts.ts';
import { FakeHomeserver, fleetUser, operatorUser, roomId } from './fake-homeserver.ts';
import { HandClock } from './hand-clock.ts';

/** A connector at a homeserver that does what it is told. */
export class Scene {
  readonly clock = new HandClock();
  readonly disk = new MemoryDisk();
  readonly deliveries: Delivery[] = [];
  readonly server: FakeHomeserver;
  readonly #open: Subscription[] = [];

  private constructor(server: FakeHomeserver) {
    this.server = server;
  }

  static async start(): Promise<Scene> {
    return new Scene(await FakeHomeserver.start());
  }

  setting(settings: Record<string, unknown> = {}, more: Partial<ConnectorSetting> = {}): ConnectorSetting {
    return {
      fleet: 'coding',
      tenant: 'jason',
      settings: { homeserver_url: this.server.url, user_id: fleetUser, room_id: roomId, ...settings },
      secrets: { MATRIX_ACCESS_TOKEN: 'syt_first_token' },
      operators: [operatorUser],
      log: (name, isRecord) => this.disk.log(name, isRecord),
      clock: this.clock,
      ...more,
    };
  }

  connect(settings: Record<string, unknown> = {}, more: Partial<ConnectorSetting> = {}): ChatConnector {
    return matrixFactory.create(this.setting(settings, more));
  }

  listen(connector: ChatConnector, cursor: string | null = null, receive = this.receive): void {
    this.#open.push(connector.subscribe(cursor, receive));
  }

  readonly receive = async (delivery: Delivery): Promise<void> => {
    this.deliveries.push(delivery);
  };

  /** It has heard, and waits for what happens next. */
  async live(connector: ChatConnector): Promise<void> {
    await this.until('it listens', () => connector.health().phase === 'live' && this.server.waiting === 1);
  }

  get texts(): readonly string[] {
    return this.deliveries.flatMap(({ messages }) => messages.map(({ text }) => text));
  }

  get cursor(): string | null {
    return this.deliveries.findLast(({ cursor }) => cursor !== null)?.cursor ?? null;
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`this never happened: ${what}`);
      await sleep(2);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((subscription) => subscription.close()));
    await this.until('the server knows', () => this.server.waiting === 0);
  }

  async end(): Promise<void> {
    await this.close();
    await this.server.end();
  }
}

export const part = (text: string, more: Partial<OutboundPart> = {}): OutboundPart =>
  partOf({ transaction: `say-${text}.0`, text, ...more });
