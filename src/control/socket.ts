import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { createConnection, type Server } from 'node:net';
import path from 'node:path';
import { PortError } from '../model/ports.ts';

/**
 * Listens at a path that only this user can connect to, from the first instant: the socket is made in a closed directory, gets mode 0600, and is
 * then renamed to its place. One whose process is gone is replaced; one that is answered, or a file that is no socket, rejects.
 * Gives the function that takes it away again.
 */
export async function listenAt(server: Server, file: string): Promise<() => Promise<void>> {
  const directory = path.dirname(file);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await refuseTaken(file);
  const closed = await mkdtemp(path.join(directory, '.sock-'));
  const draft = path.join(closed, 's');
  try {
    await listen(server, draft);
    await chmod(draft, 0o600);
    await rename(draft, file);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(closed, { recursive: true, force: true });
  }
  const own = (await lstat(file)).ino;
  return async () => {
    const there = await lstat(file).catch(() => null);
    if (there?.ino === own) await unlink(file).catch(() => {});
  };
}

/** The same, and whenever the socket is gone that somebody has removed, another one takes its place: looked for every `lookMs`. */
export async function stayAt(server: Server, file: string, lookMs: number): Promise<() => Promise<void>> {
  let remove = await listenAt(server, file);
  let last = Promise.resolve();
  const again = async (): Promise<void> => {
    if (existsSync(file)) return;
    server.close();
    remove = await listenAt(server, file).catch(() => remove);
  };
  const timer = setInterval(() => {
    last = last.then(again);
  }, lookMs).unref();
  return async () => {
    clearInterval(timer);
    await last;
    await remove();
  };
}

async function refuseTaken(file: string): Promise<void> {
  const there = await lstat(file).catch(() => null);
  if (there === null) return;
  if (!there.isSocket()) throw new PortError('refused', `${file} is in the way: it is no socket`);
  if (await isAnswered(file)) throw new PortError('refused', `another process answers at ${file}`);
}

const answerMs = 2000;

/** Whether somebody listens there. A socket that is not accepted in time has a living owner all the same. */
export function isAnswered(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(file);
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(answerMs, () => end(true));
    socket.once('connect', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'EAGAIN'));
  });
}

function listen(server: Server, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(file, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
