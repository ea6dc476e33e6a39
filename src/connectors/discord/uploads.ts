import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SendResult } from '../../model/connectors.ts';
import { messageOf } from '../../model/message-of.ts';
import type { UploadFile } from './rest.ts';

/** "The file upload size limit … applies to each file in a request … The default limit is 10 MiB." */
const mostBytes = 10 * 1024 * 1024;
/** "… request size limit of 25 MiB", with room for the rest of the request. */
const mostInAll = 24 * 1024 * 1024;
const mostFiles = 10;

export type Uploads =
  | { readonly kind: 'read'; readonly files: readonly UploadFile[] }
  | { readonly kind: 'refused'; readonly result: SendResult };

/** Reads what is to be attached; sizes are judged before anything is read. */
export async function uploadsOf(paths: readonly string[]): Promise<Uploads> {
  if (paths.length > mostFiles) return refused('too-many-attachments', `Discord takes ${mostFiles} files with a message at most`);
  try {
    const stats = await Promise.all(paths.map((file) => stat(file)));
    const odd = stats.findIndex((each) => !each.isFile());
    if (odd !== -1) return refused('attachment-unreadable', `${paths[odd]} is no file`);
    const large = stats.findIndex(({ size }) => size > mostBytes);
    if (large !== -1) return refused('attachment-too-large', `${paths[large]}: Discord takes files of 10 MiB at most`);
    if (stats.reduce((sum, { size }) => sum + size, 0) > mostInAll)
      return refused('attachment-too-large', 'Discord takes 25 MiB with a message at most');
    const files = await Promise.all(
      paths.map(async (file) => ({ name: path.basename(file), bytes: new Uint8Array(await readFile(file)) })),
    );
    return { kind: 'read', files };
  } catch (error) {
    return refused('attachment-unreadable', messageOf(error));
  }
}

const refused = (reason: string, detail: string): Uploads => ({
  kind: 'refused',
  result: { outcome: 'rejected', reason, detail },
});
