import { spawn } from 'node:child_process';
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const script = new URL('homeserver', import.meta.url).pathname;

export interface Account {
  readonly user_id: string;
  readonly access_token: string;
  readonly device_id: string;
  readonly password: string;
}

export interface SynapseOptions {
  /** YAML of its configuration. */
  readonly extra?: string;
  readonly users?: readonly string[];
}

/** Where nobody waits for a disk, if there is room enough; nothing there has to outlive the machine. */
export function scratch(): string {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    return bavail * bsize > 1024 ** 3 ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Status of `homeserver` where the packages of Synapse cannot be had on this machine. */
const notHere = 75;

/** A real homeserver on this machine. Tests keep apart by rooms. */
export class Synapse {
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;
  #url = '';

  private constructor(directory: string, env: Readonly<Record<string, string>>) {
    this.#directory = directory;
    this.#env = env;
  }

  /** Gives the reason instead, where there can be none. Rejects where there should be one. */
  static async start({ extra = '', users = ['fleet', 'operator', 'stranger'] }: SynapseOptions = {}): Promise<Synapse | string> {
    const directory = await mkdtemp(path.join(scratch(), 'muster-synapse-'));
    writeFileSync(path.join(directory, 'extra.yaml'), extra === '' ? '{}\n' : extra);
    const env = {
      MATRIX_PORT: 'auto',
      MATRIX_STATE: path.join(directory, 'state'),
      MATRIX_USERS: users.join(' '),
      MATRIX_EXTRA: path.join(directory, 'extra.yaml'),
    };
    const synapse = new Synapse(directory, env);
    const { status, stderr } = await synapse.#run('start');
    if (status === 0) return synapse;
    rmSync(directory, { recursive: true, force: true });
    if (status === notHere) return `no Synapse here: ${stderr.trim().split('\n').at(-1)}`;
    throw new Error(`the homeserver did not start (status ${status})\n${stderr}`);
  }

  readonly script = script;

  /** For `script`. */
  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  get configuration(): string {
    return path.join(this.#directory, 'state/homeserver.yaml');
  }

  get url(): string {
    return this.#url;
  }

  account(name: string): Account {
    const { users } = JSON.parse(readFileSync(path.join(this.#directory, 'state/users.json'), 'utf8'));
    return users[name];
  }

  async up(): Promise<void> {
    const { status, stderr } = await this.#run('start');
    if (status !== 0) throw new Error(stderr);
  }

  async down(): Promise<void> {
    await this.#run('stop');
  }

  /** Without a chance to end in good order. */
  async crash(): Promise<void> {
    process.kill(Number(readFileSync(path.join(this.#directory, 'state/synapse.pid'), 'utf8')), 'SIGKILL');
  }

  async end(): Promise<void> {
    await this.#run('reset');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /**
   * A request as somebody, with a new token where the one that is there has expired, and later where the rate is limited; rejects where it is
   * refused.
   */
  async call<T = Record<string, unknown>>(who: string, method: string, route: string, body?: object): Promise<T> {
    const first = await this.raw(who, method, route, body);
    const answer = first.status === 401 ? await this.#again(who, { method, route, body }) : first;
    const text = await answer.text();
    if (answer.status === 429) {
      await sleep(JSON.parse(text).retry_after_ms ?? 100);
      return this.call(who, method, route, body);
    }
    if (!answer.ok) throw new Error(`${method} ${route} as ${who}: status ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  raw(who: string, method: string, route: string, body?: object, token = this.account(who).access_token): Promise<Response> {
    return fetch(`${this.#url}${route}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
  }

  async #again(who: string, { method, route, body }: Asked): Promise<Response> {
    const { user_id, password } = this.account(who);
    const login = { type: 'm.login.password', identifier: { type: 'm.id.user', user: user_id }, password };
    const answer = await this.raw(who, 'POST', '/_matrix/client/v3/login', login);
    const { access_token } = (await answer.json()) as { access_token: string };
    return this.raw(who, method, route, body, access_token);
  }

  async #run(command: string): Promise<{ readonly status: number | null; readonly stderr: string }> {
    const child = spawn(script, [command], { env: { ...process.env, ...this.#env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    const status = await new Promise<number | null>((done, fail) => {
      child.on('error', fail);
      child.on('close', done);
    });
    if (command === 'start' && status === 0) this.#url = stdout.trim();
    return { status, stderr };
  }
}

interface Asked {
  readonly method: string;
  readonly route: string;
  readonly body: object | undefined;
}

/** A room that the operator has made for one test. */
export class TestRoom {
  readonly id: string;
  readonly #synapse: Synapse;
  readonly #maker: string;
  #said = 0;

  constructor(synapse: Synapse, id: string, maker = 'operator') {
    this.#synapse = synapse;
    this.#maker = maker;
    this.id = id;
  }

  static async make(synapse: Synapse, options: object = {}, maker = 'operator'): Promise<TestRoom> {
    const { room_id } = await synapse.call<{ room_id: string }>(maker, 'POST', '/_matrix/client/v3/createRoom', {
      preset: 'private_chat',
      ...options,
    });
    return new TestRoom(synapse, room_id, maker);
  }

  async invite(name: string, by = 'operator'): Promise<void> {
    await this.#synapse.call(by, 'POST', `${this.path}/invite`, { user_id: this.#synapse.account(name).user_id });
  }

  async join(name: string): Promise<void> {
    await this.#synapse.call(name, 'POST', `/_matrix/client/v3/join/${encodeURIComponent(this.id)}`, {});
  }

  get path(): string {
    return `/_matrix/client/v3/rooms/${encodeURIComponent(this.id)}`;
  }

  async say(name: string, text: string, threadId: string | null = null): Promise<string> {
    const thread = { rel_type: 'm.thread', event_id: threadId, is_falling_back: true, 'm.in_reply_to': { event_id: threadId } };
    return this.send(name, { msgtype: 'm.text', body: text, ...(threadId !== null && { 'm.relates_to': thread }) });
  }

  async send(name: string, content: object, type = 'm.room.message'): Promise<string> {
    this.#said += 1;
    const route = `${this.path}/send/${type}/test-${this.id}-${this.#said}`;
    return (await this.#synapse.call<{ event_id: string }>(name, 'PUT', route, content)).event_id;
  }

  /** All messages, oldest first, as its maker sees them. */
  async events(): Promise<readonly TestEvent[]> {
    const filter = encodeURIComponent(JSON.stringify({ types: ['m.room.message'] }));
    const events: TestEvent[] = [];
    for (let from = ''; ; ) {
      const { chunk, end } = await this.#synapse.call<{ chunk: TestEvent[]; end?: string }>(
        this.#maker,
        'GET',
        `${this.path}/messages?dir=b&limit=1000&filter=${filter}${from}`,
      );
      events.push(...chunk);
      if (end === undefined) return events.reverse();
      from = `&from=${encodeURIComponent(end)}`;
    }
  }
}

export interface TestEvent {
  readonly event_id: string;
  readonly sender: string;
  readonly content: {
    readonly body: string;
    readonly msgtype: string;
    readonly formatted_body?: string;
    readonly url?: string;
    readonly 'm.relates_to'?: {
      readonly rel_type?: string;
      readonly event_id?: string;
      readonly is_falling_back?: boolean;
      readonly 'm.in_reply_to'?: { readonly event_id: string };
    };
    readonly 'm.mentions'?: object;
  };
}
