import type { Entry } from './entry.ts';
import type { Scalar } from './scalar.ts';

/** One change of one agent of one roster. */
export type Edit =
  | { readonly kind: 'add'; readonly entry: Entry }
  | { readonly kind: 'remove'; readonly agent: string }
  | { readonly kind: 'set'; readonly agent: string; readonly settings: readonly Setting[] };

/** What a key of an agent is to be, such as `['resources', 'memory_max']`; `null`: it is not to be there. */
export interface Setting {
  readonly path: readonly [key: string] | readonly [key: string, inner: string];
  readonly value: Scalar | null;
}

type Data = Readonly<Record<string, unknown>>;

/** What a roster says after an edit, from what it said before, as plain data. */
export function changed(roster: unknown, edit: Edit): unknown {
  const { agents, ...others } = isData(roster) ? roster : {};
  return { ...others, agents: changedAgents(Array.isArray(agents) ? agents : [], edit) };
}

function changedAgents(agents: readonly unknown[], edit: Edit): readonly unknown[] {
  switch (edit.kind) {
    case 'add':
      return [...agents, edit.entry];
    case 'remove':
      return agents.filter((agent) => !isNamed(agent, edit.agent));
    case 'set':
      return agents.map((agent) => (isNamed(agent, edit.agent) ? edit.settings.reduce(withSetting, agent) : agent));
  }
}

export const isNamed = (agent: unknown, name: string): agent is Data => isData(agent) && agent.name === name;

function withSetting(agent: Data, { path: [key, inner], value }: Setting): Data {
  if (inner === undefined) return withKey(agent, key, value);
  const block = agent[key];
  const next = withKey(isData(block) ? block : {}, inner, value);
  // Where the last key of a block goes, the block goes.
  return withKey(agent, key, value === null && Object.keys(next).length === 0 ? null : next);
}

function withKey(data: Data, key: string, value: unknown): Data {
  const { [key]: _, ...others } = data;
  return value === null ? others : { ...others, [key]: value };
}

/** The path of the first difference between two pieces of plain data; `null` where they say the same. */
export function difference(one: unknown, other: unknown, path: readonly string[] = []): readonly string[] | null {
  if (Array.isArray(one) && Array.isArray(other)) {
    if (one.length !== other.length) return path;
    return firstOf(one.map((item, index) => () => difference(item, other[index], [...path, String(index)])));
  }
  if (isData(one) && isData(other)) {
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return firstOf(
      keys.map((key) => () => {
        const inner = [...path, key];
        return Object.hasOwn(one, key) && Object.hasOwn(other, key) ? difference(one[key], other[key], inner) : inner;
      }),
    );
  }
  return Object.is(one, other) ? null : path;
}

function firstOf<T>(tries: readonly (() => T | null)[]): T | null {
  for (const attempt of tries) {
    const found = attempt();
    if (found !== null) return found;
  }
  return null;
}

export const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);
