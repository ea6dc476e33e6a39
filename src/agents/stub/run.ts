import { writeHeartbeat } from '../state/heartbeat-file.ts';
import { incarnationOf } from '../state/process.ts';
import { type Conversation, type Effect, finishTurn, opening, react, type Step } from './conversation.ts';
import { type Decoded, decode, noInput, settle } from './input.ts';
import { parseQuirks, type Quirks } from './quirks.ts';
import { block, bracketedPasteOff, bracketedPasteOn, clearScreen, frame, greeting, type Identity } from './screen.ts';
import { appendTranscript, roleTitle } from './traces.ts';

/** A terminal's two ends; a pipe, which has no raw mode and no size, does as well. */
export interface StubInput {
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  setRawMode?(on: boolean): unknown;
  pause(): unknown;
}

export interface StubOutput {
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  readonly columns?: number | undefined;
}

export interface StubClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `deed` once after so many milliseconds; gives a function that calls it off. */
  after(milliseconds: number, deed: () => void): () => void;
}

export interface StubOptions {
  readonly input: StubInput;
  readonly output: StubOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: StubClock;
  readonly pid: number;
  /** Ends this process as a crash would. */
  readonly crash: () => void;
}

/** Milliseconds between two signs of life while nothing happens. */
const heartbeatEvery = 5000;
/** Milliseconds after which an escape that nothing followed is the Escape key. */
const escapeTime = 50;

/**
 * A program that behaves like an agent's terminal: raw mode, bracketed paste, a composer, turns that take a moment, a queue,
 * dialogs. Below `$MOSAIC_RUN` it keeps `heartbeat.json` and `transcript.jsonl`. Gives its exit status when it is told to end
 * (Ctrl-D, `/exit N`) or its terminal is gone. `/busy 3`, `/dialog`, `/crash`, `/hang` and `STUB_QUIRKS` make it difficult.
 */
export function runStub(options: StubOptions): Promise<number> {
  return new Promise((resolve) => {
    const stub = new Stub(options, resolve);
    stub.start();
  });
}

/** Owns the terminal, the timers and the two files; what happens is decided by the pure functions it calls. */
class Stub {
  readonly #options: StubOptions;
  readonly #resolve: (status: number) => void;
  readonly #quirks: Quirks;
  readonly #identity: Identity;
  readonly #timers = new Map<'turn' | 'escape' | 'heartbeat', () => void>();
  #conversation: Conversation;
  #input = noInput;
  #mounted = false;
  #ended = false;
  /** Rows of the block above the cursor; `null`: there is no block on the screen. */
  #above: number | null = null;

  constructor(options: StubOptions, resolve: (status: number) => void) {
    const { env } = options;
    this.#options = options;
    this.#resolve = resolve;
    this.#quirks = parseQuirks(env.STUB_QUIRKS ?? '');
    this.#conversation = opening(this.#quirks);
    this.#identity = {
      agent: env.MOSAIC_AGENT ?? '',
      class: env.MOSAIC_CLASS ?? '',
      fleet: env.MOSAIC_FLEET ?? '',
      role: roleTitle(env.MOSAIC_ROLE_FILE ?? ''),
    };
  }

  start(): void {
    const { input, output, clock } = this.#options;
    input.on('data', (bytes) => this.#read(bytes));
    input.on('end', () => this.#end(0));
    input.on('close', () => this.#end(0));
    output.on('resize', () => this.#redraw());
    this.#beat();
    if (this.#quirks.slowMount === 0) this.#mount();
    else clock.after(this.#quirks.slowMount, () => this.#mount());
  }

  #mount(): void {
    if (this.#ended) return;
    const { input, output } = this.#options;
    this.#mounted = true;
    if (!this.#quirks.canonical) {
      input.setRawMode?.(true);
      output.write(bracketedPasteOn);
    }
    this.#draw([greeting(this.#identity)]);
    this.#beat();
  }

  #read(bytes: Uint8Array): void {
    if (!this.#mounted || this.#ended) return;
    // A terminal in canonical mode ends a line with a line feed.
    this.#take(decode(this.#input, this.#quirks.canonical ? bytes.map((byte) => (byte === 0x0a ? 0x0d : byte)) : bytes));
    if (this.#input.open.length > 0) this.#set('escape', escapeTime, () => this.#take(settle(this.#input)));
    else this.#clear('escape');
  }

  #take({ state, events }: Decoded): void {
    this.#input = state;
    const { clock } = this.#options;
    this.#apply(events.map((event) => () => react(this.#conversation, event, clock.now(), this.#quirks)));
  }

  #apply(steps: readonly (() => Step)[]): void {
    const before = this.#conversation;
    const effects: Effect[] = [];
    for (const step of steps) {
      const result = step();
      this.#conversation = result.state;
      effects.push(...result.effects);
    }
    if (before.phase !== 'hung') this.#carryOut(effects);
    if (this.#ended) return;
    if (before.turn !== this.#conversation.turn) this.#awaitTurn();
    if (before.phase !== this.#conversation.phase) this.#beat();
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.kind === 'record') this.#record(effect.type, effect.text);
    if (effects.some(({ kind }) => kind === 'redraw')) this.#redraw();
    this.#draw(effects.flatMap((effect) => (effect.kind === 'say' ? [effect.text] : [])));
    for (const effect of effects) {
      if (effect.kind === 'exit') this.#end(effect.status);
      if (effect.kind === 'crash') this.#options.crash();
    }
  }

  #awaitTurn(): void {
    const { turn } = this.#conversation;
    const { clock } = this.#options;
    this.#clear('turn');
    if (turn === null) return;
    this.#set('turn', Math.max(0, turn.ends - clock.now()), () => {
      this.#apply([() => finishTurn(this.#conversation, clock.now(), this.#quirks)]);
    });
  }

  #draw(said: readonly string[]): void {
    const { output } = this.#options;
    const rows = block(this.#conversation, this.#identity, this.#quirks.suggestion, output.columns ?? 80);
    output.write(frame(said, rows, this.#above));
    this.#above = rows.length - 2;
  }

  /** A terminal that changes its width wraps what it shows anew: there is no telling where the block begins. */
  #redraw(): void {
    if (!this.#mounted || this.#ended || this.#conversation.phase === 'hung') return;
    this.#options.output.write(clearScreen);
    this.#above = null;
    this.#draw([greeting(this.#identity)]);
  }

  #record(type: string, text: string): void {
    const { env, clock } = this.#options;
    const { transcript } = this.#quirks;
    const directory = env.MOSAIC_RUN;
    if (directory === undefined || transcript === null) return;
    const record = { type, text, at: new Date(clock.now()).toISOString() };
    if (transcript === 0) appendTranscript(directory, record);
    else clock.after(transcript, () => appendTranscript(directory, record));
  }

  #beat(): void {
    const { env, clock, pid } = this.#options;
    const { phase } = this.#conversation;
    const directory = env.MOSAIC_RUN;
    this.#clear('heartbeat');
    // Who hangs shows no sign of life.
    if (directory === undefined || phase === 'hung') return;
    const heartbeat = {
      format_version: '1.0',
      agent: this.#identity.agent,
      incarnation: incarnationOf(pid),
      invocation: env.MOSAIC_INVOCATION ?? '',
      state: this.#mounted ? phase : 'starting',
      at: new Date(clock.now()).toISOString(),
    } as const;
    writeHeartbeat(directory, heartbeat, pid);
    this.#set('heartbeat', heartbeatEvery, () => this.#beat());
  }

  #set(timer: 'turn' | 'escape' | 'heartbeat', milliseconds: number, deed: () => void): void {
    this.#clear(timer);
    this.#timers.set(timer, this.#options.clock.after(milliseconds, deed));
  }

  #clear(timer: 'turn' | 'escape' | 'heartbeat'): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #end(status: number): void {
    if (this.#ended) return;
    const { input, output } = this.#options;
    this.#ended = true;
    for (const timer of ['turn', 'escape', 'heartbeat'] as const) this.#clear(timer);
    if (this.#mounted && !this.#quirks.canonical) output.write(`${bracketedPasteOff}\r\n`);
    input.setRawMode?.(false);
    input.pause();
    this.#resolve(status);
  }
}
