import type { Setting } from '../edit/change.ts';
import { knownKeys } from '../roster/keys.ts';
import { nearest } from '../roster/wording.ts';
import { exitStatus } from './context.ts';
import { type Refusal, refuse } from './refusal.ts';

const blocks: readonly string[] = ['env', 'resources'];
const switches: readonly string[] = ['persistent_persona', 'enabled'];
const numbers: readonly string[] = ['resources.cpu_weight', 'resources.tasks_max'];

/** `resources.memory_max` and `4G`; an empty value takes the key away. Refuses keys that no agent has, and values of another type. */
export function settingOf(key: string, value: string): Setting {
  const path = pathOf(key);
  if (value === '') return { path, value: null };
  if (path.length === 1 && blocks.includes(key)) throw wholeBlock(key);
  return { path, value: typedValue(key, value) };
}

/** `key=value`. */
export function settingOfPair(pair: string): Setting {
  const at = pair.indexOf('=');
  if (at > 0) return settingOf(pair.slice(0, at), pair.slice(at + 1));
  throw usage(
    `${JSON.stringify(pair)} is no setting`,
    'Such as model_hint=fast or resources.memory_max=4G; model_hint= takes it away.',
  );
}

function pathOf(key: string): Setting['path'] {
  const dot = key.indexOf('.');
  if (key.startsWith('env.') && key.length > 'env.'.length) return ['env', key.slice('env.'.length)];
  if (key === 'name') throw renaming();
  const known = settable();
  if (!known.includes(key)) throw unknownKey(key, known);
  return dot === -1 ? [key] : [key.slice(0, dot), key.slice(dot + 1)];
}

/** Keys of an agent that can be set. */
export const settable = (): readonly string[] => [
  ...(knownKeys['agents.*'] ?? []).filter((key) => key !== 'name'),
  ...(knownKeys['agents.*.resources'] ?? []).map((key) => `resources.${key}`),
];

function typedValue(key: string, value: string): string | number | boolean {
  if (switches.includes(key)) {
    if (value === 'true' || value === 'false') return value === 'true';
    throw usage(`${key} is true or false, not ${JSON.stringify(value)}`, `Such as ${key}=true`);
  }
  if (!numbers.includes(key)) return value;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw usage(`${key} is a whole number, not ${JSON.stringify(value)}`, `Such as ${key}=100`);
}

const usage = (summary: string, hint: string): Refusal => refuse({ code: 'usage', summary, hint }, exitStatus.usage);

const wholeBlock = (key: string): Refusal =>
  usage(
    `${key} is a block of keys`,
    key === 'env' ? 'Set one of them, such as env.EDITOR=vi' : 'Set one of them, such as resources.memory_max=4G',
  );

const renaming = (): Refusal =>
  usage(
    'an agent cannot be renamed',
    'Another name is another agent, with conversations and messages of its own: add that one, and remove this one.',
  );

function unknownKey(key: string, known: readonly string[]): Refusal {
  const near = known.find((one) => one.endsWith(`.${key}`)) ?? nearest(key, known);
  const hint = near === null ? `Keys are ${known.join(', ')} and env.NAME.` : `Did you mean ${near}?`;
  return usage(`${JSON.stringify(key)} is no key of an agent`, hint);
}
