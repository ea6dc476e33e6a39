import type { Command } from 'commander';
import { sayable } from '../agents/state/hook-event.ts';
import { type Completion, complete as completionOf } from '../completion/complete.ts';
import { meanings } from '../completion/meanings.ts';
import { ciSystems, connectorKinds } from '../init/beginning.ts';
import { presetNames } from '../roster/presets.ts';
import { builtinRuntimes } from '../roster/runtimes.ts';
import { renderCompletion, shells } from '../views/completion.ts';
import { treeOf } from './command-tree.ts';
import { named } from './complete-names.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { settable } from './edit-settings.ts';
import { show } from './output.ts';

/** Milliseconds that names may take to be found: nobody waits longer for a tab. */
const patience = 1000;

/** What the last of these words may become. Says nothing else, whatever is wrong: it would stand in somebody's prompt. */
export async function complete(words: readonly string[], program: Command, context: Context): Promise<ExitStatus> {
  const tree = treeOf(program);
  const known = {
    runtimes: Object.keys(builtinRuntimes),
    states: sayable,
    shells,
    presets: presetNames,
    connectors: connectorKinds,
    ciSystems: [...ciSystems, 'none'],
    commands: tree.commands.map(({ name }) => name),
    settings: settable().map((key) => `${key}=`),
  };
  const found = completionOf(words, tree, meanings(known));
  show(renderCompletion(await withNames(found, words, context)), context);
  return exitStatus.done;
}

/** Names of what is here in place of the word for them. */
async function withNames(found: Completion, words: readonly string[], context: Context): Promise<Completion> {
  const { meaning, before } = found;
  const typed = words.at(-1) ?? '';
  const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), patience).unref());
  const names = await Promise.race([named(meaning, context).catch(() => []), late]);
  if (names.length === 0) return found;
  const all = names.map((name) => ({ word: `${before}${name}`, help: '' }));
  return { ...found, candidates: all.filter(({ word }) => word.startsWith(typed)) };
}
