import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DeliveryAdapter } from '../../../src/agents/delivery/adapter-port.ts';
import type { DeliveryWorld } from '../../../src/agents/delivery/world.ts';
import { adapterFor } from '../../../src/agents/state/delivery-adapter.ts';
import { startEnvironment } from '../../../src/host/inbox.ts';
import { inboxJournal } from '../../../src/host/inbox-journal.ts';
import { deliveryLock } from '../../../src/host/inbox-lock.ts';
import type { Message } from '../../../src/model/agents.ts';
import type { AgentRun } from '../../../src/model/inbox.ts';
import { type Bus, connectBus } from '../../../src/systemd/bus.ts';
import { linewise } from '../../../src/tmux/line-mode.ts';
import { paneDriver } from '../../../src/tmux/pane.ts';

const run = promisify(execFile);
const actor = new URL('../actor.mjs', import.meta.url).pathname;

export interface Heard {
  readonly event: 'submitted' | 'answered' | 'empty' | 'cancelled' | 'key';
  readonly text: string;
}

/** A tmux server of its own with actors in it, and inboxes beside. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'stage-'));
  readonly socket = join(this.directory, 'socket');
  readonly stateDir = join(this.directory, 'state');
  readonly #bus: Bus;

  private constructor(bus: Bus) {
    this.#bus = bus;
  }

  static async open(): Promise<Stage> {
    return new Stage(await connectBus(join(process.env.XDG_RUNTIME_DIR ?? '', 'bus')));
  }

  async close(): Promise<void> {
    await this.tmux('kill-server').catch(() => {});
    await this.#bus.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async tmux(...words: readonly string[]): Promise<string> {
    return (await run('tmux', ['-u', '-f', '/dev/null', '-S', this.socket, ...words])).stdout.trim();
  }

  runDir(agent: string): string {
    return join(this.directory, 'run', agent);
  }

  /** Starts an actor in a session tagged as the supervisor does; an incarnation of before is ended. */
  async cast(agent: string, part: object = {}, options: readonly string[] = []): Promise<void> {
    const invocation = randomBytes(16).toString('hex');
    // A server ends with its last session, and while it does, takes no new one.
    await this.tmux('new-session', '-d', '-s', 'holder', 'sleep', 'infinity').catch(() => {});
    await this.tmux('kill-session', '-t', `=${agent}`).catch(() => {});
    mkdirSync(this.runDir(agent), { recursive: true });
    const environment = [`MOSAIC_RUN=${this.runDir(agent)}`, `MOSAIC_AGENT=${agent}`, 'MOSAIC_RUNTIME=actor'];
    await this.tmux(
      'new-session',
      '-d',
      '-s',
      agent,
      '-x',
      '200',
      '-y',
      '50',
      ...environment.flatMap((pair) => ['-e', pair]),
      process.execPath,
      actor,
      JSON.stringify(part),
      ';',
      'set-option',
      '-t',
      `=${agent}:`,
      '@muster_agent',
      agent,
      ';',
      'set-option',
      '-t',
      `=${agent}:`,
      '@muster_incarnation',
      invocation,
      ...options,
    );
    this.setRun(agent, { phase: 'live', invocation, socket: this.socket, detail: `${agent} runs` });
  }

  /** What its unit is said to do. */
  setRun(agent: string, run: AgentRun): void {
    const file = runFile(this.directory, agent);
    writeFileSync(`${file}.new`, JSON.stringify(run));
    renameSync(`${file}.new`, file);
  }

  /** It shows its composer, or whatever it is told to show first. */
  async up(agent: string): Promise<void> {
    await this.until(async () => (await this.screen(agent)).includes(`${agent} · `), `${agent} to be up`);
  }

  screen(agent: string): Promise<string> {
    return this.tmux('capture-pane', '-p', '-t', `=${agent}:`).catch(() => '');
  }

  heard(agent: string): Heard[] {
    const file = join(this.runDir(agent), 'heard.jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Heard);
  }

  submitted(agent: string): string[] {
    return this.heard(agent).flatMap(({ event, text }) => (event === 'submitted' ? [text] : []));
  }

  async until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await new Promise((done) => setTimeout(done, 15));
    }
  }

  world(adapter: Partial<DeliveryAdapter> = {}): DeliveryWorld {
    return worldOf(this.directory, async () => this.#bus, adapter);
  }
}

const runFile = (directory: string, agent: string): string => join(directory, 'run', `${agent}.json`);

/** The world of a stage, for other processes, too. */
export function worldOf(directory: string, bus: () => Promise<Bus>, adapter: Partial<DeliveryAdapter> = {}): DeliveryWorld {
  const env = { PATH: process.env.PATH };
  const down: AgentRun = { phase: 'down', invocation: '', socket: join(directory, 'socket'), detail: 'not cast' };
  return {
    runs: {
      find: async (agent) => {
        const text = await readFile(runFile(directory, agent), 'utf8').catch(() => null);
        return text === null ? down : (JSON.parse(text) as AgentRun);
      },
    },
    panes: paneDriver(env),
    lock: deliveryLock(bus),
    journal: (agent) => inboxJournal(join(directory, 'state'), agent),
    linewise: (tty) => linewise(tty, env),
    environment: startEnvironment,
    adapter: () => ({ ...adapterFor('stub'), runtime: 'actor', settleMs: 20, ...adapter }),
    clock: realClock,
    operator: 'jason',
  };
}

export const realClock = {
  date: () => new Date(),
  now: () => performance.now(),
  sleep: (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds)),
};

let count = 0;
function newId(): string {
  count += 1;
  return `m${count}-${process.pid}`;
}

export const message = (text: string, over: Partial<Message> = {}): Message => ({
  format_version: '1.0',
  id: newId(),
  agent: 'coder0',
  sender: 'jason',
  text,
  attachments: [],
  at: new Date().toISOString(),
  expires: null,
  ...over,
});
