import type { Classes } from './host.ts';

export interface AgentSpec {
  readonly class?: string;
  readonly runtime?: string;
  readonly [key: string]: unknown;
}

/** Agents by name; a text is the class. */
export type Agents = Readonly<Record<string, string | AgentSpec>>;

/** Any program will do for an agent: this one takes no memory, no time, and ends when it is told. */
const runtimes = {
  toy: { command: 'sleep', args: ['infinity'] },
  // Ends at once, with an error.
  broken: { command: 'false' },
};

/** A roster of toys as YAML (of which JSON is a part). */
export function roster(agents: Agents, more: Readonly<Record<string, unknown>> = {}): string {
  const list = Object.entries(agents).map(([name, spec]) => ({
    name,
    runtime: 'toy',
    ...(typeof spec === 'string' ? { class: spec } : spec),
  }));
  return `${JSON.stringify({ version: 1, runtimes, agents: list, ...more }, null, 2)}\n`;
}

/** The classes of those agents, as the recorder wants them. */
export function classes(agents: Agents, fleet = 'coding'): Classes {
  return Object.fromEntries(
    Object.entries(agents).map(([name, spec]) => [
      name,
      { fleet, class: typeof spec === 'string' ? spec : (spec.class ?? 'worker') },
    ]),
  );
}

export const floor: Agents = { orchestrator: 'orchestrator', enhancer: 'enhancer' };
export const small: Agents = { ...floor, coder0: 'implementer' };
