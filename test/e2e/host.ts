import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { judge, type Verdict } from './verdict.ts';

export const packageRoot = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
const inside = join(packageRoot, 'test/e2e/inside');

export interface Ran {
  readonly status: number;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Relative to the home of the private host, which is the default. */
  readonly cwd?: string;
  /** Added to the environment; `null` takes a variable away. */
  readonly env?: Readonly<Record<string, string | null>>;
  /** `null` keeps it open for `write`. */
  readonly stdin?: string | null;
  /** Milliseconds until it is killed and the call rejects; default one minute. */
  readonly timeout?: number;
  /** Kills the process group (SIGKILL, or `signal`) at that moment, then runs `after`, all inside and at once. */
  readonly at?: Moment & { readonly signal?: NodeJS.Signals; readonly after: readonly string[] | null };
}

export type Moment =
  | { readonly stream: 'stdout' | 'stderr'; readonly lines: number }
  | { readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly milliseconds: number };

/** A process on the private host. */
export interface Spawned {
  /** Of the process and of its group. */
  readonly pid: Promise<number>;
  /** What it has said so far. */
  readonly said: Readonly<Pick<Ran, 'stdout' | 'stderr'>>;
  /** Rejects after `timeout`. */
  readonly done: Promise<Ran>;
  /** To its whole process group. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Resolves once the text was seen on either stream. */
  saw(text: string): Promise<void>;
  write(text: string): void;
}

export type Content = string | null | { text?: string; base64?: string; link?: string; mode?: number };
/** Paths relative to the home; `null` removes. */
export type Files = Readonly<Record<string, Content>>;

/** Every path with what a write would change of it: kind, mode, owner, inode, times, content. */
export type Tree = Readonly<Record<string, string>>;

export interface Unit {
  readonly active: string;
  readonly sub: string;
  readonly enabled: string;
  readonly invocation: string;
  readonly restarts: number;
}

export interface Session {
  readonly id: string;
  readonly name: string;
  /** Value of `@muster_agent`. */
  readonly agent: string;
  readonly pid: number;
}

export interface StartOptions {
  readonly hostname?: string;
  /** Passed to `muster sandbox` itself. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Default repository of a host, below its home. */
const repository = 'fleet';
const gitIdentity = ['-c', 'user.name=Operator', '-c', 'user.email=operator@example.internal'];

/** A private host with a command server inside, and what stories do to a host: type, commit, pull the plug. */
export class PrivateHost implements AsyncDisposable {
  readonly home: string;
  readonly runtimeDir: string;
  readonly user: string;
  readonly #server: Server;

  private constructor(server: Server, { home, runtime, user }: Greeting) {
    this.#server = server;
    this.home = home;
    this.runtimeDir = runtime;
    this.user = user;
  }

  /** Rejects with what `muster sandbox` said where none can be had. */
  static async start({ hostname = 'h', env = {} }: StartOptions = {}): Promise<PrivateHost> {
    const server = new Server(hostname, env);
    return new PrivateHost(server, await server.greeting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.end();
  }

  spawn(argv: readonly string[], options: RunOptions = {}): Spawned {
    return this.#server.spawn(argv, options);
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.spawn(argv, options).done;
  }

  /** Rejects when the program does not exit with 0; gives its standard output. */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(argv, options);
    if (status !== 0) throw new Error(`${argv.join(' ')}: exit status ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Muster in the repository of the host. */
  muster(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.run(['muster', ...args], { cwd: repository, ...options });
  }

  async json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
    const { stdout, stderr } = await this.muster([...args, '--json'], options);
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`muster ${args.join(' ')} --json printed no JSON:\n${stdout}${stderr}`);
    }
  }

  /** Applies and expects it to have been carried out in full. */
  async apply(...args: readonly string[]): Promise<Ran> {
    const ran = await this.muster(['apply', '--yes', ...args]);
    if (ran.status !== 0)
      throw new Error(`muster apply: exit status ${ran.status}\n${ran.stdout}${ran.stderr}${await this.report()}`);
    return ran;
  }

  async writeFiles(files: Files): Promise<void> {
    await this.#server.ask({ op: 'write', files });
  }

  /** `null` where there is no such file. */
  async readFile(path: string): Promise<string | null> {
    return (await this.#server.ask<{ text: string | null }>({ op: 'read', path })).text;
  }

  async tree(...roots: readonly string[]): Promise<Tree> {
    return (await this.#server.ask<{ tree: Tree }>({ op: 'tree', roots })).tree;
  }

  git(...args: readonly string[]): Promise<string> {
    return this.must(['git', ...gitIdentity, ...args], { cwd: repository });
  }

  /** Writes files below the repository (made at the first call), commits everything, gives the commit's name. */
  async commit(files: Files, message = 'Change rosters'): Promise<string> {
    const below = Object.fromEntries(Object.entries(files).map(([path, content]) => [`${repository}/${path}`, content]));
    await this.writeFiles(below);
    const script = 'test -d .git || git init -q -b main; git add -A && git "$@" && git rev-parse HEAD';
    const args = [...gitIdentity, 'commit', '-q', '--allow-empty', '-m', message];
    return (await this.must(['sh', '-c', script, 'sh', ...args], { cwd: repository })).trim();
  }

  async reboot(): Promise<void> {
    await this.must(['reboot']);
  }

  async powerLoss(): Promise<void> {
    await this.must(['power-loss']);
  }

  /** Starts the user manager where it stayed down. */
  async login(): Promise<void> {
    await this.must(['login']);
  }

  systemctl(...args: readonly string[]): Promise<Ran> {
    return this.run(['systemctl', '--user', ...args]);
  }

  tmux(...args: readonly string[]): Promise<Ran> {
    return this.run(['tmux', '-N', '-L', 'mosaic', ...args]);
  }

  /** Kills one process with SIGKILL. */
  async kill(pid: number): Promise<void> {
    await this.must(['kill', '-KILL', String(pid)]);
  }

  /**
   * The message bus crashes. A user manager that sees its connection drop before it has reaped the daemon connects to the socket that it
   * listens on itself, and then answers nobody for 90 seconds (systemd issue 21177). Held until both can be seen, it reaps first.
   */
  async crashBus(): Promise<void> {
    const script = `manager=$(pgrep -x systemd) && bus=$(pgrep -x dbus-daemon) && kill -STOP $manager && kill -KILL $bus
      until grep -q '^State:.Z' /proc/$bus/status; do sleep 0.01; done; kill -CONT $manager`;
    await this.must(['sh', '-c', script]);
  }

  async unit(agent: string): Promise<Unit> {
    const properties = 'ActiveState,SubState,UnitFileState,InvocationID,NRestarts';
    const { stdout } = await this.systemctl('show', '-p', properties, unitOf(agent));
    const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
    return {
      active: value('ActiveState'),
      sub: value('SubState'),
      enabled: value('UnitFileState'),
      invocation: value('InvocationID'),
      restarts: Number(value('NRestarts')),
    };
  }

  /** All units and sessions as they are: equal before and after means that nobody was restarted, started, enabled or ended. */
  async settled(): Promise<{ readonly units: string; readonly sessions: readonly Session[] }> {
    const properties = 'Id,LoadState,ActiveState,SubState,UnitFileState,InvocationID,NRestarts';
    const units = await this.systemctl('show', '-p', properties, 'mosaic-*');
    return { units: units.stdout, sessions: await this.sessions() };
  }

  /** Everything on this host that a command could have changed: files, linger, units, sessions. */
  async everything(): Promise<object> {
    // Whoever asks first brings the bus up, and makes tmux's directory: let that be us.
    await this.must(['busctl', '--user', 'call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'GetId']);
    const settled = await this.settled();
    const tree = await this.tree('.', '/run/user', '/tmp', '/var/lib/systemd/linger', '/run/private-host/log');
    // A connector says every few seconds that it is as it was.
    const own = Object.entries(tree).filter(([path]) => !path.startsWith(packageRoot) && !/\/mosaic\/connectors\//.test(path));
    return { tree: Object.fromEntries(own), ...settled };
  }

  /** Names of the agents with enablement links on disk, whatever systemd has loaded. */
  async enabledAgents(): Promise<string[]> {
    const wants = await this.must(['sh', '-c', 'ls .config/systemd/user/default.target.wants 2>/dev/null || :']);
    return wants
      .split('\n')
      .flatMap((file) => /^mosaic-agent@(.+)\.service$/.exec(file)?.[1] ?? [])
      .sort();
  }

  /** Names of the agents whose units systemd calls active. */
  async activeAgents(): Promise<string[]> {
    const { stdout } = await this.systemctl('list-units', '--state=active', '--plain', '--no-legend', 'mosaic-agent@*');
    return stdout
      .split('\n')
      .flatMap((line) => /^mosaic-agent@(\S+)\.service/.exec(line)?.[1] ?? [])
      .sort();
  }

  async sessions(): Promise<Session[]> {
    const { stdout } = await this.tmux('list-sessions', '-F', '#{session_id}\t#{session_name}\t#{@muster_agent}\t#{pane_pid}');
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [id = '', name = '', agent = '', pid = ''] = line.split('\t');
        return { id, name, agent, pid: Number(pid) };
      });
  }

  async sessionOf(agent: string): Promise<Session> {
    const session = (await this.sessions()).find((one) => one.agent === agent);
    if (session === undefined) throw new Error(`there is no session of ${agent}`);
    return session;
  }

  /** Environment of the agent's own process, which is below the shell of its pane. */
  async environmentOf(agent: string): Promise<Readonly<Record<string, string>>> {
    const { pid } = await this.sessionOf(agent);
    const text = await this.must(['sh', '-c', `tr '\\0' '\\n' </proc/$(pgrep -P ${pid})/environ`]);
    return Object.fromEntries(
      text.split('\n').flatMap((line) => (line.includes('=') ? [/^([^=]*)=(.*)$/.exec(line)?.slice(1) ?? []] : [])),
    );
  }

  /** The class that the running agent was told. */
  async classOf(agent: string): Promise<string> {
    return (await this.environmentOf(agent)).MOSAIC_CLASS ?? '';
  }

  /** Asks again and again until `look` gives something else than undefined or false; rejects after `timeout` milliseconds. */
  async waitFor<T>(what: string, look: () => Promise<T | undefined | false>, timeout = 20_000): Promise<T> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      if (performance.now() > deadline) throw new Error(`waited ${timeout} ms in vain for: ${what}\n${await this.report()}`);
      await new Promise((done) => setTimeout(done, 30));
    }
  }

  /** The agent runs in a run of its unit other than `before`, with a session; gives the new InvocationID. */
  async back(agent: string, before = ''): Promise<string> {
    return this.waitFor(`${agent} to be back`, async () => {
      const { active, invocation } = await this.unit(agent);
      const session = (await this.sessions()).some((one) => one.agent === agent);
      return active === 'active' && session && invocation !== before && invocation;
    });
  }

  /** What a person would look at first. It tells of another failure and takes its place never: what does not answer is named. */
  async report(): Promise<string> {
    const looks = [
      ['systemctl', '--user', 'list-units', '--all', '--plain', '--no-legend', 'mosaic-*'],
      ['systemctl', '--user', 'list-jobs', '--plain', '--no-legend'],
      ['tmux', '-N', '-L', 'mosaic', 'list-sessions'],
      ['tail', '-n', '15', '/run/private-host/log'],
    ];
    const told = looks.map(async (argv) => {
      const { stdout, stderr } = await this.run(argv, { timeout: 5000 });
      return `${stdout}${stderr}`;
    });
    const ended = await Promise.allSettled(told);
    return ended.map((look) => (look.status === 'fulfilled' ? look.value : `${look.reason}\n`)).join('---\n');
  }

  /** Starts the recorder; the floor that it is told of is what the story has rostered so far. */
  async record(phase: string, classes: Classes): Promise<Recorder> {
    const process = this.spawn([globalThis.process.execPath, join(inside, 'recorder.mjs'), 'mosaic'], {
      stdin: null,
      timeout: 3_600_000,
    });
    const recorder = new Recorder(process);
    await process.saw('"bus":"up"');
    await recorder.phase(phase, classes);
    return recorder;
  }
}

export const unitOf = (agent: string): string => `mosaic-agent@${agent}.service`;

/** Class by agent name, for one or several fleets. */
export type Classes = Readonly<Record<string, { readonly fleet: string; readonly class: string }>>;

/** Tells the recorder's log where one part of a story ends and the next begins, and has it judged at the end. */
export class Recorder {
  readonly #process: Spawned;
  readonly #phases: { readonly name: string; readonly classes: Classes; readonly outage: boolean }[] = [];

  constructor(process: Spawned) {
    this.#process = process;
  }

  /** From now on these are the agents and their classes. In an `outage` the test itself takes the host or its tmux down. */
  async phase(name: string, classes: Classes, { outage = false } = {}): Promise<void> {
    await this.#mark(`phase ${this.#phases.length}`);
    this.#phases.push({ name, classes, outage });
  }

  async verdict(): Promise<Verdict> {
    await this.#mark('end');
    await this.#process.signal('SIGTERM');
    const { stdout } = await this.#process.done;
    return judge(stdout, this.#phases);
  }

  async #mark(mark: string): Promise<void> {
    this.#process.write(`${mark}\n`);
    await this.#process.saw(`"mark":"${mark}"`);
  }
}

interface Greeting {
  readonly home: string;
  readonly runtime: string;
  readonly user: string;
}

interface Reply {
  readonly id: number;
  readonly error?: string;
  readonly out?: 'stdout' | 'stderr';
  readonly text?: string;
  readonly end?: true;
  readonly status?: number;
  readonly signal?: string | null;
  readonly struck?: true;
  readonly pid?: number;
}

/** The other end of `inside/server.mjs`. */
class Server {
  readonly greeting: Promise<Greeting>;
  readonly #child: ChildProcess;
  readonly #listeners = new Map<number, (reply: Reply) => void>();
  readonly #ended: Promise<void>;
  #id = 0;
  #said = '';

  constructor(hostname: string, env: Readonly<Record<string, string>>) {
    const server = ['node', join(inside, 'server.mjs')];
    const sandbox = [join(packageRoot, 'dist/main.js'), 'sandbox', '--hostname', hostname, '--', ...server];
    this.#child = spawn(process.execPath, sandbox, { cwd: packageRoot, env: { ...process.env, ...env }, stdio: 'pipe' });
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (data) => {
      this.#said += data;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', () => resolve());
    });
    this.greeting = new Promise((resolve, reject) => {
      this.#listeners.set(0, (reply) => resolve(reply as unknown as Greeting));
      this.#ended.then(() => reject(new Error(this.#said.trim() || 'the private host ended before it was up')));
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('no standard output');
    createInterface({ input: stdout }).on('line', (line) => {
      const reply = JSON.parse(line) as Reply;
      this.#listeners.get(reply.id)?.(reply);
    });
  }

  async ask<T = object>(request: object): Promise<T> {
    const id = ++this.#id;
    const answered = new Promise<Reply>((resolve) => this.#listeners.set(id, resolve));
    this.#send({ id, ...request });
    const reply = await Promise.race([answered, this.#ended]);
    this.#listeners.delete(id);
    if (reply === undefined) throw new Error(`the private host has ended: ${this.#said}`);
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply as T;
  }

  spawn(argv: readonly string[], { cwd, env, stdin = '', timeout = 60_000, at }: RunOptions): Spawned {
    const id = ++this.#id;
    const streams = { stdout: '', stderr: '' };
    const watchers = new Set<() => void>();
    let begun: (pid: number) => void;
    const pid = new Promise<number>((resolve) => {
      begun = resolve;
    });
    const done = new Promise<Ran>((resolve, reject) => {
      let struck = at === undefined;
      let end: Reply | null = null;
      const timer = setTimeout(() => {
        void this.ask({ op: 'signal', process: id, signal: 'SIGKILL' }).catch(() => {});
        reject(new Error(`${argv.join(' ')} took longer than ${timeout} ms\n${streams.stdout}${streams.stderr}`));
      }, timeout);
      this.#listeners.set(id, (reply) => {
        if (reply.pid !== undefined) begun(reply.pid);
        if (reply.out !== undefined) streams[reply.out] += reply.text ?? '';
        if (reply.struck === true) struck = true;
        if (reply.end === true) end = reply;
        for (const watcher of watchers) watcher();
        // A command that ended by itself may still be struck: what comes after it has to be over, too.
        if (end === null || !struck) return;
        clearTimeout(timer);
        this.#listeners.delete(id);
        resolve({ status: end.status ?? -1, signal: end.signal ?? null, ...streams });
      });
      void this.#ended.then(() => {
        clearTimeout(timer);
        reject(new Error(`the private host has ended: ${this.#said}`));
      });
    });
    done.catch(() => {});
    this.#send({ id, op: 'spawn', argv, cwd, env, stdin, at: at ?? null });
    return {
      pid,
      said: streams,
      done,
      signal: async (signal) => void (await this.ask({ op: 'signal', process: id, signal })),
      write: (text) => this.#send({ id: ++this.#id, op: 'input', process: id, text }),
      saw: (text) =>
        new Promise((resolve, reject) => {
          const check = (): void => {
            if (!streams.stdout.includes(text) && !streams.stderr.includes(text)) return;
            watchers.delete(check);
            resolve();
          };
          watchers.add(check);
          done.then(
            () => reject(new Error(`${argv.join(' ')} ended without saying ${text}\n${streams.stdout}${streams.stderr}`)),
            reject,
          );
          check();
        }),
    };
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#ended;
    clearTimeout(timer);
  }

  #send(request: object): void {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
  }
}
