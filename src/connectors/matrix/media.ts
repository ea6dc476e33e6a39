import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { InboundAttachment, InboundMessage } from '../../model/chat-messages.ts';
import type { Session } from './session.ts';

/** A message with copies of what was attached to it, as far as they can be had. Never rejects. */
export type Attach = (message: InboundMessage) => Promise<InboundMessage>;

/** What is larger is told, and not fetched. */
const mostBytes = 32 * 1024 * 1024;
const withinMs = 60_000;
/** Copies that are kept; the oldest go. */
const keptFiles = 200;
const tries = 2;

/** `directory`: absolute; `undefined`: no copies are made. */
export function attaching(session: Session, directory: string | undefined, stop: () => AbortSignal | undefined): Attach {
  if (directory === undefined) return async (message) => message;
  return async (message) => {
    if (message.attachments.length === 0) return message;
    const attachments: InboundAttachment[] = [];
    for (const attachment of message.attachments)
      attachments.push({ ...attachment, path: await copy(session, directory, message.id, attachment, stop()) });
    return { ...message, attachments };
  };
}

async function copy(
  session: Session,
  directory: string,
  eventId: string,
  { reference, name, bytes }: InboundAttachment,
  stop: AbortSignal | undefined,
): Promise<string | null> {
  const [, server = '', id = ''] = /^mxc:\/\/([^/\s?#]+)\/([\w-]+)$/.exec(reference) ?? [];
  if (server === '' || (bytes ?? 0) > mostBytes) return null;
  const file = path.join(directory, fileName(eventId, name));
  const there = await stat(file).catch(() => null);
  if (there?.isFile() === true) return file;
  const url = `/_matrix/client/v1/media/download/${encodeURIComponent(server)}/${encodeURIComponent(id)}`;
  for (let tried = 0; tried < tries; tried += 1) {
    const reply = await session.call({ method: 'GET', path: url, raw: true, mostBytes, withinMs }, stop);
    if (reply.kind === 'refused') return null;
    if (reply.kind === 'ok') return written(directory, file, reply.body).catch(() => null);
  }
  return null;
}

/** The same for the same message; of the name that somebody gave only what is harmless. */
export function fileName(eventId: string, name: string): string {
  const mark = createHash('sha256').update(eventId).digest('hex').slice(0, 16);
  const safe = name
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/^[._-]+/, '')
    .slice(-80);
  return `${mark}-${safe === '' ? 'file' : safe}`;
}

async function written(directory: string, file: string, body: Uint8Array): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = `${file}.draft`;
  await writeFile(draft, body, { mode: 0o600 });
  await rename(draft, file);
  await prune(directory);
  return file;
}

async function prune(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.length <= keptFiles) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, at: (await stat(path.join(directory, name))).mtimeMs })));
  const oldest = aged.sort((a, b) => a.at - b.at).slice(0, names.length - keptFiles);
  for (const { name } of oldest) await rm(path.join(directory, name), { force: true });
}
