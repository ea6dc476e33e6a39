import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Desired } from '../model/desired.ts';
import { agentUnit } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import type { Action, Plan } from '../model/plan.ts';
import type { RehearsalStep, RehearsalStepName } from '../model/rehearsal.ts';
import { rehearsalSteps } from '../model/rehearsal.ts';
import { reboot } from '../sandbox/reboot.ts';
import { renderJsonLine } from '../views/json.ts';
import { reasonText } from '../views/plan-text.ts';
import { captured, parsed } from './captured.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import type { SourceFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { expanded } from './init-found.ts';
import { show } from './output.ts';
import { makePlanFor } from './plan.ts';
import { Refusal } from './refusal.ts';

/** What is rehearsed; made by `rehearse` outside, read inside. */
export interface Script {
  readonly dir: string;
  readonly rosters: string;
  readonly host: string;
  readonly tenant: string;
  /** `null`: the host begins with nothing. */
  readonly base: string | null;
  /** `null`: the files as they are. */
  readonly change: string | null;
  /** Programs that stand-ins take the place of. */
  readonly commands: readonly string[];
  /** Working directories. */
  readonly places: readonly string[];
}

type Told = Pick<RehearsalStep, 'detail' | 'actions' | 'ended' | 'live' | 'problems'>;

const nothing = { actions: 0, ended: [], live: 0, problems: [] };

/** The steps of a rehearsal, on a private host and nowhere else. One line of JSON for each as it ends. */
export async function rehearseInside(text: string, context: Context): Promise<ExitStatus> {
  const script = JSON.parse(text) as Script;
  const work: Readonly<Record<RehearsalStepName, () => Promise<Told | null>>> = {
    prepare: () => prepare(script, context),
    base: async () => (script.base === null ? null : applied(flagsFor(script, script.base), script, context)),
    change: () => applied(flagsFor(script, script.change), script, context),
    reboot: () => rebooted(flagsFor(script, script.change), script, context),
  };
  let failed = false;
  for (const step of rehearsalSteps) {
    const begun = context.now();
    const told: Told | null = failed ? null : await work[step]().catch(troubled);
    const outcome: RehearsalStep['outcome'] = failed
      ? 'not-run'
      : told === null
        ? 'skipped'
        : told.problems.length > 0
          ? 'failed'
          : 'done';
    failed ||= outcome === 'failed';
    const ms = Math.round(context.now() - begun);
    show(renderJsonLine({ step, outcome, ms, ...(told ?? { ...nothing, detail: '' }) } satisfies RehearsalStep), context);
  }
  return failed ? exitStatus.failed : exitStatus.done;
}

function troubled(error: unknown): Told {
  const problems =
    error instanceof Refusal
      ? error.diagnostics.map(({ code, summary }) => `${code}: ${summary}`)
      : [error instanceof Error ? error.message : String(error)];
  return { ...nothing, detail: '', problems };
}

const flagsFor = ({ rosters, host, tenant }: Script, ref: string | null): SourceFlags => ({
  rosters,
  ref: ref ?? 'HEAD',
  ...(ref === null ? { worktree: true } : {}),
  rehearsed: { host, tenant },
});

/** Stand-ins are found before everything else: that directory is first on the PATH of every agent. */
async function prepare({ commands, places }: Script, context: Context): Promise<Told> {
  const facts = factsOf({}, context);
  const bin = path.join(facts.mosaicHome, 'fleet', 'bin');
  await mkdir(bin, { recursive: true });
  for (const command of commands) {
    const file = path.join(bin, command);
    await writeFile(file, `#!/bin/sh\n# stands in for ${command}\nexec "\${0%/*}/muster" stub\n`);
    await chmod(file, 0o755);
  }
  const problems = (await Promise.all(places.map((place) => madePlace(place, facts)))).filter((problem) => problem !== '');
  return { ...nothing, problems, detail: commands.length === 0 ? '' : `for ${commands.join(', ')}` };
}

const madePlace = (place: string, facts: HostFacts): Promise<string> =>
  mkdir(expanded(place, facts), { recursive: true }).then(
    () => '',
    () => `${place} cannot be made on a private host: agents that work there cannot be rehearsed`,
  );

/** Applies, then looks whether the host is as it should be by itself. */
async function applied(flags: SourceFlags, script: Script, context: Context): Promise<Told> {
  const { apply } = await import('./apply.ts');
  const quiet = silent(captured(context));
  const status = await apply(script.dir, { ...flags, yes: true, json: true, quiet: true }, quiet.context);
  const { results = [] } = (parsed(quiet.text()) ?? {}) as {
    results?: readonly (Action & { outcome: string; detail?: string })[];
  };
  const done = results.filter(({ outcome }) => outcome === 'done');
  const ended = [...new Set(done.flatMap(({ disruptive, name }) => (disruptive && name !== null ? [name] : [])))].sort();
  const broken = results.filter(({ outcome }) => outcome === 'failed').map(({ id, detail }) => `${id}: ${detail ?? 'failed'}`);
  // What has failed does not come up by itself.
  const { live, problems } = await settled(flags, script, status === exitStatus.done ? patienceMs : 0, context);
  const wrong = [...broken, ...problems];
  const interrupted = ended.length === 0 ? 'no agent ended' : `${ended.join(', ')} ended on the way`;
  return {
    actions: done.length,
    ended,
    live,
    problems: status !== exitStatus.done && wrong.length === 0 ? ['it was not carried out in full'] : wrong,
    detail: `${done.length} actions, ${live} agents live; ${interrupted}`,
  };
}

function silent(capture: ReturnType<typeof captured>): ReturnType<typeof captured> {
  const stderr: Context['stderr'] = Object.create(capture.context.stderr, { write: { value: () => true } });
  return { ...capture, context: { ...capture.context, stderr } };
}

async function rebooted(flags: SourceFlags, script: Script, context: Context): Promise<Told> {
  await reboot(context.env);
  const { live, problems } = await settled(flags, script, patienceMs, context);
  return { ...nothing, live, problems, detail: `${live} agents live, by themselves` };
}

const patienceMs = 30_000;
const pauseMs = 200;

/** Until nothing is left to do and nothing is on its way, or patience is at its end. */
async function settled(
  flags: SourceFlags,
  { dir }: Script,
  patience: number,
  context: Context,
): Promise<Pick<Told, 'live' | 'problems'>> {
  const deadline = context.now() + patience;
  for (;;) {
    const { plan, desired } = await makePlanFor(dir, flags, context);
    const problems = problemsOf(plan);
    if (problems.length === 0 || context.now() >= deadline) return { live: liveIn(plan, desired), problems };
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** How many agents run as they should, and are not on their way there. */
function liveIn({ actions, waiting }: Plan, { agents }: Desired): number {
  const open = new Set(actions.map(({ name }) => name));
  return [...agents.values()].filter(({ name, running }) => running && !open.has(name) && !waiting.includes(agentUnit(name)))
    .length;
}

const problemsOf = ({ actions, waiting, diagnostics }: Plan): readonly string[] => [
  ...actions.map(({ id, reason }) => `${id} is left to do: ${reasonText[reason]}`),
  ...waiting.map((unit) => `${unit} does not come up`),
  ...diagnostics.filter(({ severity }) => severity === 'error').map(({ code, summary }) => `${code}: ${summary}`),
];
