import { likeVariable } from '../../model/names.ts';
import type { RuntimeAdapter } from './adapter.ts';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { generic } from './generic.ts';
import { opencode } from './opencode.ts';
import { pi } from './pi.ts';
import { stub } from './stub.ts';

export const adapters: Readonly<Record<string, RuntimeAdapter>> = { claude, codex, pi, opencode, stub };

/** Of a program with this environment: the one that its runtime is declared to be like, else that of its name. */
export const runtimeIn = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment[likeVariable] || environment.MOSAIC_RUNTIME || '';

/** Each look at a fleet asks for that of every agent. */
const known = new Map(Object.entries(adapters));

/** By the name of a runtime; one that a roster declares is known by nothing but its name. */
export function adapterOf(runtime: string): RuntimeAdapter {
  const adapter = known.get(runtime) ?? { ...generic, runtime };
  known.set(runtime, adapter);
  return adapter;
}
