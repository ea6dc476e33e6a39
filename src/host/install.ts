import { statSync } from 'node:fs';
import type { FileContent } from '../model/desired.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { digestOfFile } from '../model/digest.ts';
import { controllerUnit, type FileKey, isUnitFile, unitFile } from '../model/names.ts';
import type { HostFacts, ObservedFile } from '../model/observation.ts';
import { type JobResult, PortError } from '../model/ports.ts';
import type { ControllerService, ServiceState } from '../systemd/controller-service.ts';
import type { HostConnection } from './connect.ts';
import { hostRoots } from './facts.ts';
import { placeOf } from './roots.ts';

/** What is done to install the controller or to take it away. `file` once for each of its files. */
export type InstallStepName = 'file' | 'linger' | 'reload' | 'enable' | 'start' | 'restart' | 'disable' | 'stop' | 'remove';

export interface InstallStep {
  readonly what: InstallStepName;
  /** `already`: there was nothing to do. */
  readonly outcome: 'done' | 'already';
  /** File, unit or user that it is about. */
  readonly target: string;
}

export type Installed =
  | { readonly refused: Diagnostic }
  | { readonly refused: null; readonly steps: readonly InstallStep[] /** What it says of itself. */; readonly status: string };

export interface InstallInput {
  readonly facts: HostFacts;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly host: Pick<HostConnection, 'readers' | 'writers' | 'controller'>;
  readonly onStep?: (step: InstallStep) => void;
  /** Milliseconds that the service may take to be ready, or to end; default 150 s, more than its own time-outs. */
  readonly deadline?: number;
}

/**
 * Sets the controller up: its files, lingering, the unit enabled and running. What is there already is left as it is, and a run that is
 * older than the unit, the launcher or the program is replaced by another one. Nothing is done where a unit or file of these names is not
 * ours. Rejects with a `PortError` at the first step that fails; whoever tries again goes on from there.
 */
export async function installController(input: InstallInput, files: ReadonlyMap<FileKey, FileContent>): Promise<Installed> {
  const { facts, host } = input;
  const service = host.controller();
  const before = await service.state();
  const found = await host.readers.files.list([...files.keys()]);
  const refused = maskOf(before) ?? foreignAmong(files.keys(), found);
  if (refused !== undefined) return { refused };

  const { steps, step } = journal(input);
  for (const [key, content] of files) await step('file', key, hasChanged(content, found[key]), () => write(input, key, content));
  await step('linger', facts.tenant, !(await host.readers.linger.get()), () => host.writers().linger.enable());
  await step('reload', 'user manager', (await service.state()).stale || (await isUnread(service)), () => service.reload());
  await step('enable', controllerUnit, !before.enabled, () => service.enable());
  await bringUp(input, service, [...files.keys()], step);
  return { refused: null, steps, status: (await service.state()).status };
}

/**
 * `none`: its unit is not there. `at-rest`: it neither runs nor is enabled. `outdated`: its unit, its launcher or the program is newer than
 * what runs. `current`: none of these.
 */
export type ControllerAge = 'none' | 'at-rest' | 'outdated' | 'current';

/** Whether `installController` would have to do something for one that is installed. Changes nothing. */
export async function ageOfController(
  input: Pick<InstallInput, 'facts' | 'env' | 'host'>,
  files: ReadonlyMap<FileKey, FileContent>,
): Promise<ControllerAge> {
  const found = await input.host.readers.files.list([...files.keys()]);
  if (found[unitFile(controllerUnit)] === undefined) return 'none';
  const { enabled, active, began } = await input.host.controller().state();
  if (!enabled && atRest.has(active)) return 'at-rest';
  const isOther = [...files].some(([key, content]) => hasChanged(content, found[key]));
  const isOlder = active !== 'active' || began === null || began < newestChange(input, [...files.keys()]);
  return isOther || isOlder ? 'outdated' : 'current';
}

/** Ends the run of the controller, which stays installed: whoever does this brings it up again with `installController`. */
export async function pauseController(input: InstallInput): Promise<void> {
  const service = input.host.controller();
  const { active } = await service.state();
  const { step } = journal(input);
  await step('stop', controllerUnit, !atRest.has(active), async () =>
    succeed('stop', await service.stop(input.deadline ?? patience), service),
  );
}

/** Ends the controller and removes its unit. The launcher stays: agents have it on their PATH. Lingering stays: others may count on it. */
export async function uninstallController(input: InstallInput): Promise<Installed> {
  const { host, deadline = patience } = input;
  const key = unitFile(controllerUnit);
  const service = host.controller();
  const before = await service.state();
  const found = await host.readers.files.list([key]);
  const refused = maskOf(before) ?? foreignAmong([key], found);
  if (refused !== undefined) return { refused };

  const { steps, step } = journal(input);
  // Disabled first: a crash in between leaves nothing that comes back at boot.
  await step('disable', controllerUnit, before.enabled, () => service.disable());
  await step('stop', controllerUnit, !atRest.has(before.active), async () =>
    succeed('stop', await service.stop(deadline), service),
  );
  await step('remove', key, found[key] !== undefined, () => host.writers().files.remove(key));
  await step('reload', 'user manager', found[key] !== undefined, () => service.reload());
  return { refused: null, steps, status: '' };
}

const patience = 150_000;
const atRest: ReadonlySet<string> = new Set(['inactive', 'failed']);

type Step = (what: InstallStepName, target: string, isNeeded: boolean, deed: () => Promise<void>) => Promise<void>;

function journal({ onStep }: InstallInput): { readonly steps: InstallStep[]; readonly step: Step } {
  const steps: InstallStep[] = [];
  const step: Step = async (what, target, isNeeded, deed) => {
    if (isNeeded) await deed();
    const taken: InstallStep = { what, outcome: isNeeded ? 'done' : 'already', target };
    steps.push(taken);
    onStep?.(taken);
  };
  return { steps, step };
}

function maskOf({ load }: ServiceState): Diagnostic | undefined {
  if (load !== 'masked') return undefined;
  return {
    severity: 'error',
    code: 'unit/masked',
    summary: `${controllerUnit} is masked on this host`,
    detail: 'Somebody masked it by hand; a mask is respected and never lifted by muster.',
    hint: `Lift it: systemctl --user unmask ${controllerUnit}`,
  };
}

function foreignAmong(keys: Iterable<FileKey>, found: Readonly<Record<FileKey, ObservedFile>>): Diagnostic | undefined {
  for (const key of keys) {
    const file = found[key];
    if (file === undefined) continue;
    if (!file.ours) return foreign(key);
    if (file.format !== undefined && !file.format.startsWith('1.')) return newer(key, file.format);
  }
  return undefined;
}

const foreign = (key: FileKey): Diagnostic => ({
  severity: 'error',
  code: isUnitFile(key) ? 'unit/foreign' : 'file/foreign',
  summary: `${isUnitFile(key) ? controllerUnit : key} exists on this host and is not marked as muster's`,
  detail: 'It is left as it is, and nothing is done.',
  hint: 'Look at it, and move it away.',
});

const newer = (key: FileKey, format: string): Diagnostic => ({
  severity: 'error',
  code: 'file/newer-format',
  summary: `${key} is written in format ${format} by a newer muster`,
  detail: 'A file of a newer format is never rewritten.',
  hint: 'Use the newer muster on this host, or remove the file.',
});

const hasChanged = ({ text, mode }: FileContent, found: ObservedFile | undefined): boolean =>
  found?.digest !== digestOfFile(text, mode);

const write = ({ host }: InstallInput, key: FileKey, content: FileContent): Promise<void> =>
  host.writers().files.write(key, content);

/** systemd has looked for the unit before it was there, and still thinks so. */
const isUnread = async (service: ControllerService): Promise<boolean> => (await service.state()).load === 'not-found';

async function bringUp(input: InstallInput, service: ControllerService, files: readonly FileKey[], step: Step): Promise<void> {
  const { deadline = patience } = input;
  const { active, began } = await service.state();
  if (active === 'active' && began !== null) {
    const isOlder = began < newestChange(input, files);
    return step(isOlder ? 'restart' : 'start', controllerUnit, isOlder, async () =>
      succeed('restart', await service.restart(deadline), service),
    );
  }
  await step('start', controllerUnit, true, async () => succeed('start', await service.start(deadline), service));
}

/** When what the service runs was last changed: its files, and the program that its launcher starts. */
export function newestChange({ facts, env }: Pick<InstallInput, 'facts' | 'env'>, files: readonly FileKey[]): number {
  const roots = hostRoots(facts, env);
  const programs = facts.launcher.filter((word) => word.startsWith('/'));
  const places = [...files.map((key) => placeOf(key, roots).file), ...programs];
  return Math.max(...places.map((file) => statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0));
}

async function succeed(verb: 'start' | 'restart' | 'stop', result: JobResult, service: ControllerService): Promise<void> {
  if (result === 'done') return;
  const { active, ending, status } = await service.state();
  const known = [ending, status].filter((words) => words !== '').join('; ');
  const why = result === 'lost' ? `it is still ${active}` : `its job ended as "${result}"`;
  const more = `journalctl --user -u ${controllerUnit} tells more`;
  throw new PortError('failed', `cannot ${verb} ${controllerUnit}: ${why}${known === '' ? '' : ` (${known})`}; ${more}`);
}
