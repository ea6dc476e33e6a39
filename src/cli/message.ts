import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import path from 'node:path';
import { longestText, type TextProblem, textOf } from '../agents/inbox/text.ts';
import { messageOf } from '../model/message-of.ts';
import { type Context, exitStatus } from './context.ts';
import { type Refusal, refuse } from './refusal.ts';
import { wrong } from './time.ts';

export interface TextFlags {
  readonly file?: string;
}

/** The text of a message: given, of a file, or of standard input. Never more of it is read than may be sent. */
export async function readText(given: string | undefined, { file }: TextFlags, context: Context): Promise<string> {
  const bytes = await bytesOf(given, file, context);
  const read = textOf(bytes);
  if ('text' in read) return read.text;
  throw badText(read.problem);
}

async function bytesOf(given: string | undefined, file: string | undefined, context: Context): Promise<Uint8Array> {
  if (file !== undefined) {
    if (given !== undefined) throw wrong('--file', file, 'is said beside a text', 'Give one of the two.');
    return fromFile(path.resolve(context.cwd, file));
  }
  if (given === undefined)
    throw refuse(
      { code: 'usage', summary: 'there is no text to send', hint: 'muster send NAME TEXT, NAME -, or NAME --file FILE' },
      exitStatus.usage,
    );
  return given === '-' ? upTo(context.stdin) : Buffer.from(given);
}

async function fromFile(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, constants.O_RDONLY);
    try {
      return await upTo(handle.createReadStream({ autoClose: false, end: longestText }));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw wrong('--file', file, `cannot be read: ${messageOf(error)}`, 'Name a file with text.');
  }
}

/** One byte more than may be sent tells that it is too long. */
async function upTo(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    chunks.push(bytes);
    size += bytes.length;
    if (size > longestText) break;
  }
  return Buffer.concat(chunks);
}

const problems: Readonly<Record<TextProblem, { readonly summary: string; readonly hint: string }>> = {
  'not-utf8': { summary: 'the text is not UTF-8', hint: 'Send a binary file by its path: --attach PATH.' },
  empty: { summary: 'the text is empty', hint: 'White space and control characters alone are no message.' },
  'too-long': {
    summary: `the text is over ${longestText} bytes`,
    hint: 'Send a long text by the path of its file: --attach PATH.',
  },
};

const badText = (problem: TextProblem): Refusal => refuse({ code: 'message/text', ...problems[problem] }, exitStatus.usage);

/** Absolute paths of files that are there. */
export async function attachmentsOf(given: readonly string[], { cwd }: Context): Promise<readonly string[]> {
  const paths = given.map((file) => path.resolve(cwd, file));
  for (const file of paths) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would be another path where it is typed
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(file))
      throw wrong('--attach', file, 'has control characters', 'Rename it.');
    await access(file, constants.R_OK).catch(() => {
      throw wrong('--attach', file, 'cannot be read', 'Name a file that is there.');
    });
  }
  return paths;
}
