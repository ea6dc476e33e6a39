import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultConfig } from '../config/defaults.ts';
import { readControllerConfig } from '../config/read.ts';
import type { ControllerConfig } from '../model/controller.ts';
import { messageOf } from '../model/message-of.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Context } from './context.ts';
import { exitStatus } from './context.ts';
import { Refusal, refuse } from './refusal.ts';

export interface ConfigFlags {
  readonly config?: string;
  readonly rosters?: string;
  readonly ref?: string;
  readonly worktree?: boolean;
}

export const configFile = ({ mosaicHome }: HostFacts): string => path.join(mosaicHome, 'fleet', 'controller.yaml');

export const hasConfig = (facts: HostFacts): Promise<boolean> =>
  lstat(configFile(facts)).then(
    () => true,
    () => false,
  );

/** What is set, in this order of choice: on the command line, in `controller.yaml`, by default. */
export async function configOf(flags: ConfigFlags, facts: HostFacts, context: Context): Promise<ControllerConfig> {
  const written = await readConfig(flags.config, facts, context);
  return {
    ...written,
    ...(flags.rosters === undefined ? {} : { rosters: flags.rosters }),
    ...(flags.ref === undefined ? {} : { ref: flags.ref }),
    ...(flags.worktree === true ? { worktree: true, remote: null } : {}),
  };
}

async function readConfig(named: string | undefined, facts: HostFacts, context: Context): Promise<ControllerConfig> {
  const file = named === undefined ? configFile(facts) : path.resolve(context.cwd, named);
  const text = await textOf(file, named !== undefined);
  if (text === null) return defaultConfig;
  const { config, diagnostics, source } = await readControllerConfig(text, named ?? file, facts.home);
  if (config === null) throw new Refusal(diagnostics, exitStatus.misconfigured, new Map([[named ?? file, source]]));
  return config;
}

async function textOf(file: string, mustBe: boolean): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && !mustBe) return null;
    throw refuse(
      {
        code: 'config/syntax',
        summary: `${file} cannot be read`,
        detail: messageOf(error),
        hint: 'Write one with: muster install',
      },
      exitStatus.misconfigured,
    );
  }
}
