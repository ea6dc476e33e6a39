import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from './host.ts';

const boots = join(packageRoot, 'test/e2e/inside/full-boot.sh');
/** Exit status that says that no machine can be had here. */
const noMachine = 77;

export class NoMachine extends Error {}

/** A machine with systemd as process 1, and a disk that outlasts each boot. Only root can have one. */
export class Machine implements AsyncDisposable {
  readonly #disk = mkdtempSync(join(roomy(), 'muster-machine-'));
  #booted: ChildProcess | null = null;

  /**
   * Boots it, runs a script of bash as root once it is up, and switches it off. Gives what the script said; rejects where it fails,
   * and with `NoMachine` where none can be had.
   */
  async boot(script: string): Promise<string> {
    const [file, said] = ['story', 'said'].map((name) => join(this.#disk, name)) as [string, string];
    writeFileSync(file, script);
    rmSync(said, { force: true });
    const { status, why } = await this.#run([this.#disk, file, process.execPath, packageRoot]);
    if (status === noMachine) throw new NoMachine(why.trim());
    const text = readFileSync(said, 'utf8');
    if (status !== 0) throw new Error(`exit status ${status}\n${why}${text}`);
    return text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.#booted !== null && once(this.#booted, 'close');
    if (this.#booted?.kill('SIGTERM') === true) await ended;
    rmSync(this.#disk, { recursive: true, force: true });
  }

  #run(args: readonly string[]): Promise<{ readonly status: number | null; readonly why: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(boots, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      this.#booted = child;
      let why = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        why += text;
      });
      child.once('error', reject);
      child.once('close', (status) => {
        this.#booted = null;
        resolve({ status, why });
      });
    });
  }
}

/** An overlay cannot be written to another overlay, which temporary directories are in some containers. */
function roomy(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
