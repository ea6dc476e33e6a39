/**
 * What the installed command runs first, `dist/main.js`: it finds the program that has the command, and loads it with the code that V8 has
 * made of it. What a controller can answer is asked for before, so that it works while the program is loaded.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { controlSocket, paths } from './control/protocol.ts';

/** Put in by the build: the program of each command that has one of its own, and the one that has all. */
declare const own: Readonly<Record<'ps', string>> & Readonly<Record<string, string>>;
declare const whole: string;

const everywhere = ['-q', '--quiet', '--no-color'];
const [command = '', ...words] = process.argv.slice(2).filter((word) => !everywhere.includes(word));
const runtimeDir = process.env.XDG_RUNTIME_DIR ?? '';

const named = command === 'connector' ? `connector ${words[0]}` : command;
const program = (Object.hasOwn(own, named) && own[named]) || whole;

if (program === own.ps && words.every((word) => word.startsWith('-')) && runtimeDir.startsWith('/')) askAhead();
else load(program);

async function askAhead(): Promise<void> {
  // Its modules would cost every other command a start.
  const { ask } = await import('./control/ask.ts');
  const asked = ask(controlSocket(runtimeDir), 'GET', paths.report);
  const alone = (): void => load(own.ps);
  asked.once('error', alone).once('connect', () => {
    // Who has asked may have no need of an answer by now.
    asked.off('error', alone).on('error', () => {});
    load(own.ps, '-asking', asked);
  });
}

/** What `node:vm` refuses of a cache (another version of V8, say) it compiles as if there were none. */
function load(program: string, part = '', asked?: Socket): void {
  // Not before what a controller is asked is on its way.
  const { Script } = require('node:vm') as typeof import('node:vm');
  const filename = join(__dirname, `${program}.js`);
  const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: cacheOf(`${program}${part}`) });
  script.runInThisContext()({}, require, { exports: {} }, filename, __dirname, asked);
}

function cacheOf(name: string): Buffer | undefined {
  try {
    return readFileSync(join(__dirname, `${name}.cache`));
  } catch {
    return undefined;
  }
}
