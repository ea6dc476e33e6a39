import { readYaml } from '../roster/read-yaml.ts';
import { plainOf } from '../roster/written.ts';
import { withoutMark } from '../roster/yaml-reader.ts';
import { addAgent, removeAgent } from './agents.ts';
import { changed, difference, type Edit, isData } from './change.ts';
import { connectorSteps } from './connector.ts';
import { layoutOf } from './layout.ts';
import { EditRefused } from './refused.ts';
import { setKey } from './settings.ts';
import { type Splice, spliced } from './splice.ts';

/**
 * The text of a roster after an edit: all that the edit is not about stays as it is, to the byte. What comes of it is read again, and
 * given only where it says exactly what the edit asked for. Throws an `EditRefused` otherwise; `text` has to be YAML that can be read.
 */
export function editRoster(text: string, edit: Edit): string {
  const body = withoutMark(text);
  const before = dataOf(body);
  const after = steps(edit, before).reduce((current, step) => spliced(current, step(current)), body);
  verify(changed(before, edit), after);
  return text.slice(0, text.length - body.length) + after;
}

/** One after another: each looks at the text that the one before it has left. */
function steps(edit: Edit, before: unknown): readonly ((text: string) => Splice[])[] {
  switch (edit.kind) {
    case 'add':
      return [(text) => addAgent(text, rootOf(text), edit.entry)];
    case 'remove':
      return [(text) => removeAgent(text, rootOf(text), edit.agent)];
    case 'set':
      return edit.settings.map((setting) => (text) => setKey(text, rootOf(text), edit.agent, setting));
    case 'connector':
      return connectorSteps(edit.connector, isData(before) ? before.connector : undefined);
  }
}

const rootOf = (text: string) => layoutOf(text) ?? unreadable('this file has no keys at its top level');

function dataOf(text: string): unknown {
  const { root, problems } = readYaml(text);
  const [problem] = problems;
  return root === null || problem !== undefined
    ? unreadable(problem?.summary ?? 'this file is empty', problem?.start)
    : plainOf(root);
}

function unreadable(summary: string, at = 0): never {
  throw new EditRefused({ summary, hint: 'Mend the file first.', at });
}

/** Text that cannot be understood well enough is not written, whatever was thought of it on the way. */
function verify(expected: unknown, text: string): void {
  const { root, problems } = readYaml(text);
  const [problem] = problems;
  if (root === null || problem !== undefined)
    throw mistaken(`the file could not be read any more (${problem?.summary ?? 'it would be empty'})`);
  const path = difference(plainOf(root), expected);
  if (path !== null) throw mistaken(`${path.join('.') || 'the whole file'} would not be what was asked for`);
}

const mistaken = (why: string): EditRefused =>
  new EditRefused({
    summary: 'this edit cannot be made without changing something else',
    detail: `With it, ${why}. An anchor (&) that something else repeats (*) is the usual reason.`,
    hint: 'Edit the file by hand, then: muster validate --worktree',
    at: 0,
  });
