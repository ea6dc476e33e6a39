import type { Entry } from './entry.ts';
import type { Scalar } from './scalar.ts';

/** One change of one agent of one roster. */
export type Edit =
  | { readonly kind: 'add'; readonly entry: Entry }
  | { readonly kind: 'remove'; readonly agent: string }
  | { readonly kind: 'set'; readonly agent: string; readonly settings: readonly Setting[] }
  | { readonly kind: 'connector'; readonly connector: ConnectorChange };

/** What the connector of a roster is to be. What belongs to another kind goes. */
export interface ConnectorChange {
  readonly kind: string;
  /** `null`: those that are there stay, as long as the kind does. */
  readonly operators: readonly string[] | null;
  /** Of the block named after the kind; `null` takes a key away. */
  readonly settings: Readonly<Record<string, Scalar | null>>;
}

/** What a key of an agent is to be, such as `['resources', 'memory_max']`; `null`: it is not to be there. */
export interface Setting {
  readonly path: readonly [key: string] | readonly [key: string, inner: string];
  readonly value: Scalar | null;
}

type Data = Readonly<Record<string, unknown>>;

/** What a roster says after an edit, from what it said before, as plain data. */
export function changed(roster: unknown, edit: Edit): unknown {
  if (edit.kind === 'connector') return withConnector(isData(roster) ? roster : {}, edit.connector);
  const { agents, ...others } = isData(roster) ? roster : {};
  return { ...others, agents: changedAgents(Array.isArray(agents) ? agents : [], edit) };
}

function withConnector(roster: Data, { kind, operators, settings }: ConnectorChange): Data {
  const before = isData(roster.connector) ? roster.connector : {};
  const block = before[kind];
  const own = Object.entries(settings).reduce((data, [key, value]) => withKey(data, key, value), isData(block) ? block : {});
  const stay = before.kind === kind && before.operators !== undefined ? { operators: before.operators } : {};
  return {
    ...roster,
    connector: {
      kind,
      ...(operators === null ? stay : { operators }),
      ...(Object.keys(own).length === 0 && (block === undefined || Object.keys(settings).length > 0) ? {} : { [kind]: own }),
    },
  };
}

function changedAgents(agents: readonly unknown[], edit: Exclude<Edit, { kind: 'connector' }>): readonly unknown[] {
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
