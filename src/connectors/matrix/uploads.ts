import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SendResult } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import { isCount, isText } from '../../model/shape.ts';
import { visible } from '../../model/visible.ts';
import type { Uploaded } from './content.ts';
import { mediaTypeOf } from './media-types.ts';
import type { Session } from './session.ts';

/** A file of this host that goes with a message. */
export interface File {
  readonly path: string;
  readonly bytes: number;
  /** Another one when the file has changed. */
  readonly version: string;
}

export interface Uploads {
  /** Most bytes of a file; `null`: the homeserver does not say. */
  limit(): Promise<number | null | SendResult>;
  /** The same file once, as long as this process lives. */
  upload(file: File): Promise<Uploaded | SendResult>;
}

const kept = 200;

/** Files with their sizes, before anything of them is sent: one that is too large would only be cut off. */
export async function filesOf(paths: readonly string[], limit: Uploads['limit']): Promise<File[] | SendResult> {
  if (paths.length === 0) return [];
  const most = await limit();
  if (most !== null && typeof most !== 'number') return most;
  const files: File[] = [];
  for (const file of paths) {
    const name = visible(path.basename(file));
    try {
      const stats = await stat(file);
      if (!stats.isFile()) return rejected('attachment-missing', `${name} is no file`);
      if (most !== null && stats.size > most)
        return rejected('attachment-too-large', `${name} has ${stats.size} bytes, the homeserver takes ${most}`);
      files.push({ path: file, bytes: stats.size, version: `${file} ${stats.size} ${stats.mtimeMs}` });
    } catch (error) {
      return rejected('attachment-missing', `${name} cannot be read: ${messageOf(error)}`);
    }
  }
  return files;
}

const rejected = (reason: string, detail: string): SendResult => ({ outcome: 'rejected', reason, detail });

export function openUploads(session: Session): Uploads {
  let most: number | null | undefined;
  const known = new Map<string, Uploaded>();
  return {
    limit: async () => {
      if (most !== undefined) return most;
      const reply = await session.call({ method: 'GET', path: '/_matrix/client/v1/media/config' });
      if (reply.kind === 'ok') {
        const size = reply.fields['m.upload.size'];
        most = isCount(size) ? size : null;
        return most;
      }
      if (reply.kind === 'refused' && reply.status === 404) return null;
      return { outcome: 'unavailable', detail: reply.detail };
    },
    upload: async (file) => {
      const there = known.get(file.version);
      if (there !== undefined) return there;
      const name = path.basename(file.path);
      const mediaType = mediaTypeOf(name);
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = new Uint8Array(await readFile(file.path));
      } catch (error) {
        return rejected('attachment-missing', `${visible(name)} cannot be read: ${messageOf(error)}`);
      }
      const reply = await session.call({
        method: 'POST',
        path: `/_matrix/media/v3/upload?filename=${encodeURIComponent(name)}`,
        body: { bytes, mediaType },
        withinMs: 60_000 + bytes.length / 100,
      });
      if (reply.kind === 'limited')
        return reply.retryAfterMs === null
          ? { outcome: 'unavailable', detail: reply.detail }
          : { outcome: 'rate-limited', retryAfterMs: reply.retryAfterMs };
      if (reply.kind === 'refused' && reply.status === 413)
        return rejected('attachment-too-large', `the homeserver does not take ${bytes.length} bytes of ${visible(name)}`);
      if (reply.kind !== 'ok') return { outcome: 'unknown', detail: reply.detail };
      const { content_uri } = reply.fields;
      if (!isText(content_uri)) return { outcome: 'unknown', detail: 'an upload without an address' };
      const uploaded = { name, mediaType, bytes: bytes.length, uri: content_uri };
      known.set(file.version, uploaded);
      const [oldest] = known.keys();
      if (known.size > kept && oldest !== undefined) known.delete(oldest);
      return uploaded;
    },
  };
}
