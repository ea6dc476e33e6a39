import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { defaultConfig, defaultIntervalMs } from '../config/defaults.ts';
import { readControllerConfig } from '../config/read.ts';
import { addSource, writeControllerConfig } from '../config/write.ts';
import { controllerFiles } from '../desired/controller.ts';
import { connectHost, type HostConnection } from '../host/connect.ts';
import { makeDirectory, writeDurably } from '../host/durable.ts';
import { type InstallStep, installController } from '../host/install.ts';
import { noteSeeds } from '../host/seeds.ts';
import { readShipped } from '../host/shipped.ts';
import type { ControllerConfig } from '../model/controller.ts';
import { isError } from '../model/diagnostic.ts';
import type { HostFacts } from '../model/observation.ts';
import { renderStep } from '../views/install.ts';
import { renderJson } from '../views/json.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { configFile, configOf, hasConfig } from './controller-config.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { follow } from './follow.ts';
import { factsOf } from './host.ts';
import { show, styleOf, tell } from './output.ts';
import { Refusal, refuse } from './refusal.ts';

export interface InstallFlags extends OutputFlags {
  readonly ref?: string;
  readonly rosters?: string;
  readonly remote?: string;
}

/** Sets the controller up for good: what it follows, its unit, lingering; and starts it. A second time there is nothing to do. */
export async function install(dir: string | undefined, flags: InstallFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const steps: object[] = [];
  const said = (step: Pick<InstallStep, 'what' | 'outcome' | 'target'>): void => {
    steps.push(step);
    if (flags.quiet !== true && formatOf(flags) === 'text')
      tell(renderStep(step, styleOf(flags, context.stderr, context)), context);
  };
  const host = connectHost(facts, context.env);
  try {
    await mustBeAlone(host);
    const config = await settle(dir, flags, facts, context, said);
    const files = controllerFiles(readShipped(context.packageRoot).controller, facts, context.env);
    const installed = await installController({ facts, env: context.env, host, onStep: said }, files);
    if (installed.refused !== null) throw new Refusal([installed.refused]);
    await noteSeeds(facts.stateDir, context.packageRoot, context.version);
    if (formatOf(flags) === 'json')
      show(
        renderJson({
          format_version: '1.0',
          config: configFile(facts),
          follows: followed(config),
          steps,
          status: installed.status,
        }),
        context,
      );
    else if (flags.quiet !== true)
      show(
        `The controller runs.\nIt follows ${followed(config)}. Look at it: muster ps, muster history, journalctl --user -u mosaic-controller\n`,
        context,
      );
    return exitStatus.done;
  } finally {
    await host.close();
  }
}

/** Beside a writer that is not the installed one the service would fail, and be tried again for ever. */
async function mustBeAlone(host: HostConnection): Promise<void> {
  if ((await host.controller().state()).active === 'active') return;
  const lock = await host.writers().lock.acquire('muster install');
  if (!('heldBy' in lock)) return lock.release();
  throw refuse({
    code: 'apply/locked',
    summary: `somebody else is changing this host: ${lock.heldBy}`,
    detail: 'One writer at a time: the service could not come up beside it. Nothing was done.',
    hint: 'If it is a muster run in a terminal, end it; else wait for it to end. Then: muster install',
  });
}

const followed = ({ remote, repository, ref }: ControllerConfig): string =>
  `${ref?.replace(/^refs\/heads\//, '') ?? 'its default branch'} of ${remote?.url ?? repository}`;

/** What is written stays; what is not is chosen now, and written with what else could be. */
async function settle(
  dir: string | undefined,
  flags: InstallFlags,
  facts: HostFacts,
  context: Context,
  said: (step: Pick<InstallStep, 'what' | 'outcome' | 'target'>) => void,
): Promise<ControllerConfig> {
  const file = configFile(facts);
  const chosen = await choose(dir, flags, facts, context);
  if (!(await hasConfig(facts))) {
    await makeDirectory(path.dirname(file), 0o755);
    await writeDurably(file, writeControllerConfig(chosen), 0o644);
    said({ what: 'file', outcome: 'done', target: file });
    return { ...defaultConfig, ...chosen };
  }
  const found = await configOf({}, facts, context);
  const isComplete = found.repository !== null || found.remote !== null;
  const written = isComplete ? found : await complete(found, chosen, file, facts);
  said({ what: 'file', outcome: isComplete ? 'already' : 'done', target: file });
  const named = dir !== undefined || flags.ref !== undefined || flags.rosters !== undefined || flags.remote !== undefined;
  const isSame =
    (['repository', 'ref', 'rosters'] as const).every((key) => written[key] === chosen[key]) &&
    written.remote?.url === chosen.remote?.url;
  if (named ? !isSame : await isElsewhere(written, chosen)) {
    throw refuse({
      code: 'config/value',
      summary: `${file} says something else than was asked for`,
      detail: `It follows ${followed(written)}, rosters in ${written.rosters}; asked for was ${followed({ ...defaultConfig, ...chosen })}, rosters in ${chosen.rosters}.`,
      hint: 'What is written there is never overwritten: edit it, or move it away, then: muster install',
    });
  }
  return written;
}

/** Whoever names nothing stands in the repository that is meant. Another branch may be checked out there by now. */
async function isElsewhere({ repository }: ControllerConfig, chosen: Chosen): Promise<boolean> {
  if (repository === null || chosen.repository === null) return false;
  const real = (place: string): Promise<string> => realpath(place).catch(() => place);
  return (await real(repository)) !== (await real(chosen.repository));
}

/** It says how, and not what is followed: that is added to it. */
async function complete(found: ControllerConfig, chosen: Chosen, file: string, facts: HostFacts): Promise<ControllerConfig> {
  // It may be a link to where somebody keeps such files.
  const place = await realpath(file);
  const text = addSource(await readFile(place, 'utf8'), found, chosen);
  const { config } = await readControllerConfig(text, file, facts.home);
  if (config === null || config.repository !== chosen.repository || config.remote?.url !== chosen.remote?.url) {
    throw refuse({
      code: 'config/value',
      summary: `${file} does not say what is followed`,
      detail: 'It has neither `repository` nor `remote`, and as it is written they cannot be added at its end.',
      hint: `Add this, then try again: ${chosen.remote === null ? `repository: ${chosen.repository}` : `remote: { url: ${chosen.remote.url} }`}`,
    });
  }
  await writeDurably(place, text, 0o644);
  return config;
}

type Chosen = Pick<ControllerConfig, 'repository' | 'remote' | 'ref' | 'rosters'>;

/** Found now, so that a wrong one is told now, and not by a service that does not come up. */
async function choose(dir: string | undefined, flags: InstallFlags, facts: HostFacts, context: Context): Promise<Chosen> {
  const rosters = flags.rosters ?? defaultConfig.rosters;
  const asked = {
    ...defaultConfig,
    rosters,
    ref: flags.ref ?? null,
    remote: flags.remote === undefined ? null : { url: flags.remote, intervalMs: defaultIntervalMs },
  };
  const { binding, source } = await follow({
    dir: path.resolve(context.cwd, dir ?? '.'),
    config: asked,
    before: null,
    facts,
    context,
  });
  if (asked.remote !== null) return { repository: null, remote: asked.remote, ref: binding.ref, rosters };
  const tip = await source.tip();
  const { diagnostics } = tip.readable ? await source.read(tip.key) : { diagnostics: [] };
  if (diagnostics.some(isError)) throw new Refusal(diagnostics);
  return { repository: binding.repository, remote: null, ref: binding.ref, rosters: binding.rosters };
}
