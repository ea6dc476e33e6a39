import type { PrivateHost } from './host.ts';

/** A terminal of somebody who watches, which is a tmux server of its own. */
export class Viewer {
  readonly #host: PrivateHost;
  constructor(host: PrivateHost) {
    this.#host = host;
  }

  tmux(...args: readonly string[]): Promise<string> {
    return this.#host.must(['tmux', '-L', 'viewer', '-f', '/dev/null', ...args]);
  }

  async open(command: string, rows = 20, columns = 100): Promise<void> {
    await this.tmux(
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      '-s',
      'v',
      `${command}; echo "left with $?"; stty -a; exec cat`,
    );
  }

  screen(): Promise<string> {
    return this.tmux('capture-pane', '-p', '-t', 'v');
  }

  sees(text: string): Promise<unknown> {
    return this.#host.waitFor(`the viewer to see ${text}`, async () => (await this.screen()).includes(text));
  }

  /** As the bytes come from a keyboard. */
  async types(bytes: readonly number[]): Promise<void> {
    await this.tmux('send-keys', '-t', 'v', '-H', ...bytes.map((byte) => byte.toString(16).padStart(2, '0')));
  }
}
