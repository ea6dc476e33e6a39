import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { GitError, reasonOf } from '../git/findings.ts';
import { forgetKept } from '../git/kept-refs.ts';
import type { HostConnection } from '../host/connect.ts';
import { hostRoots } from '../host/facts.ts';
import type { InstallStep } from '../host/install.ts';
import { endsDir, secretsDir } from '../host/roots.ts';
import {
  agentTemplate,
  connectorTemplate,
  type FileKey,
  fleetToldBy,
  holderUnit,
  isUnitFile,
  launcherFile,
  roleFile,
  supervisorFile,
  unitFile,
} from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { UnknownPlace } from '../model/plan.ts';
import type { HostWriters } from '../model/ports.ts';
import type { Context } from './context.ts';
import { configFile } from './controller-config.ts';
import type { OutputFlags } from './flags.ts';

export interface UninstallFlags extends OutputFlags {
  readonly yes?: boolean;
  readonly keepAgents?: boolean;
  readonly purge?: boolean;
}

export type Step = Pick<InstallStep, 'what' | 'outcome' | 'target'>;
export type Said = (step: Step) => void;

/** What is common to all that is done here. */
export interface Work {
  readonly host: HostConnection;
  readonly facts: HostFacts;
  readonly flags: UninstallFlags;
  readonly context: Context;
  readonly said: Said;
}

/** What agents that are kept go by is never purged. */
export const isPurge = ({ purge, keepAgents }: UninstallFlags): boolean => purge === true && keepAgents !== true;

export const shared: readonly FileKey[] = [
  ...[agentTemplate, connectorTemplate, holderUnit].map(unitFile),
  supervisorFile,
  launcherFile,
];
const records = ['admitted.json', 'controller.json', 'status.json'] as const;

/**
 * What no agent needs any more; gives what could not be removed. A repository's own role documents are ours by their place. Records go
 * last: who tries again finds by them what is left.
 */
export async function removeShared(
  { host, facts, flags, context, said }: Work,
  writers: HostWriters,
  followed: string | null,
): Promise<readonly UnknownPlace[]> {
  const admitted = await host.readers.state.admitted();
  const admittedRoles = Object.keys(admitted?.state.files ?? {}).filter((key) => key.startsWith('roles/'));
  const roles = new Set([...admittedRoles, ...(await rolesOn(facts))]);
  const found = await host.readers.files.list([...shared, ...roles]);
  const told = Object.keys(found).filter((key) => fleetToldBy(key) !== null);
  const ours = [...shared, ...told, ...roles].filter(
    (key) => found[key] !== undefined && (found[key].ours || admittedRoles.includes(key)),
  );
  for (const key of ours) {
    if (writers.lock.lost.aborted) return [{ path: '/lock/writer lock', why: String(writers.lock.lost.reason) }];
    await writers.files.remove(key);
    said({ what: 'remove', outcome: 'done', target: key });
  }
  if (ours.some(isUnitFile)) await writers.units.reload();
  if (isPurge(flags) && followed !== null) {
    try {
      const refs = await forgetKept(followed, context.env, facts);
      for (const ref of refs) said({ what: 'remove', outcome: 'done', target: `${ref} in ${followed}` });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      return [{ path: '/refs/kept refs', why: reasonOf(error) }];
    }
  }
  const kept = isPurge(flags)
    ? [facts.stateDir, configFile(facts), secretsDir(hostRoots(facts, context.env))]
    : records.map((file) => path.join(facts.stateDir, file));
  const places = [endsDir(hostRoots(facts, context.env)), ...kept];
  for (const target of places) {
    if (!(await isThere(target))) continue;
    await rm(target, { recursive: true, force: true });
    said({ what: 'remove', outcome: 'done', target });
  }
  return [];
}

/** Also those of fleets that are no more: nobody asks for them by name. */
async function rolesOn({ mosaicHome }: HostFacts): Promise<readonly FileKey[]> {
  const names = await readdir(path.join(mosaicHome, 'fleet/roles')).catch(() => []);
  return names.filter((name) => /^[\w.-]+\.md$/.test(name)).map((name) => roleFile(name.slice(0, -'.md'.length)));
}

const isThere = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );
