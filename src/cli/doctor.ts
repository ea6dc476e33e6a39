import { examine, summaryOf } from '../doctor/examine.ts';
import { connectHost, type HostConnection } from '../host/connect.ts';
import { examinedHost } from '../host/examine/connect.ts';
import { mend } from '../host/examine/fix.ts';
import type { Check, Examination, Fix, Fixed } from '../model/doctor.ts';
import { messageOf } from '../model/message-of.ts';
import type { HostFacts } from '../model/observation.ts';
import { observe } from '../observed/observe.ts';
import { scopeOf } from '../observed/scope.ts';
import { connectorStatus } from '../plan/connector-state.ts';
import { derive } from '../plan/derive.ts';
import { renderExamination, renderFixed, renderOffer } from '../views/doctor.ts';
import { renderJson } from '../views/json.ts';
import { agree } from './agree.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { controllerNow } from './controller.ts';
import { fleetRosters } from './doctor-rosters.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { factsOf } from './host.ts';
import { columnsOf, show, styleOf, tell } from './output.ts';

export interface DoctorFlags extends OutputFlags {
  readonly fix?: boolean;
  readonly yes?: boolean;
}

/** Milliseconds that a point may take: longer than anything that is well. */
const deadline = 3000;
/** Those of a program that is asked; its point may ask two, one after the other. */
const programDeadline = 1400;
/** Milliseconds that the controller may take to be ready. */
const startDeadline = 150_000;

/** Whether this host can run a fleet, and what to do about what keeps it from that. Ends with 1 where something is failing. */
export async function doctor(dir: string | undefined, flags: DoctorFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const before = await look(dir, facts, context);
  const isText = formatOf(flags) === 'text';
  if (isText) show(rendered(examination(before, [], facts, context), flags, context), context);
  const offered = before.flatMap(({ id, fix }) => (fix === undefined ? [] : [{ id, fix }]));
  const fixed = flags.fix === true && (await mayFix(offered, flags, context)) ? await fixAll(offered, facts, flags, context) : [];
  const after = fixed.length === 0 ? before : await look(dir, facts, context);
  const last = examination(after, fixed, facts, context);
  if (!isText) show(renderJson(last), context);
  else if (fixed.length > 0) show(`\n${rendered(last, { ...flags, quiet: true }, context)}`, context);
  return last.summary.failing > 0 ? exitStatus.failed : exitStatus.done;
}

/** Everything is asked anew, also what a look before has kept. */
async function look(dir: string | undefined, facts: HostFacts, context: Context): Promise<readonly Check[]> {
  const { env, uid, date, now } = context;
  const host = connectHost(facts, env);
  const { ports, close } = examinedHost(
    { facts, env, uid, readers: host.readers, date, now, deadline: programDeadline },
    {
      rosters: () => fleetRosters(dir, facts, host.readers.state, context),
      controller: () => controllerNow(facts, host.readers, context),
      connectors: async (desired) => {
        const derived = derive(await observe(host.readers, facts, scopeOf(desired)), desired);
        return Object.fromEntries(desired.fleets.map(({ name }) => [name, connectorStatus(name, desired, derived)]));
      },
    },
  );
  try {
    return await examine(ports, deadline);
  } finally {
    // A bus that does not answer would keep these waiting.
    void host.close();
    void close();
  }
}

function examination(checks: readonly Check[], fixed: readonly Fixed[], facts: HostFacts, { version }: Context): Examination {
  return { format_version: '1.0', host: facts.host, tenant: facts.tenant, version, summary: summaryOf(checks), checks, fixed };
}

const rendered = (found: Examination, flags: OutputFlags, context: Context): string =>
  renderExamination(found, { columns: columnsOf(context), brief: flags.quiet === true }, styleOf(flags, context.stdout, context));

interface Offered {
  readonly id: string;
  readonly fix: Fix;
}

async function mayFix(offered: readonly Offered[], flags: DoctorFlags, context: Context): Promise<boolean> {
  if (offered.length === 0) {
    if (formatOf(flags) === 'text') tell('\nThere is nothing that muster can mend by itself.\n', context);
    return false;
  }
  if (flags.yes === true) return true;
  tell(renderOffer(offered.map(({ fix }) => fix)), context);
  return agree('Do that?', 'muster doctor --fix --yes', flags, context);
}

/** One after another; what fails keeps nobody else from being tried. */
async function fixAll(
  offered: readonly Offered[],
  facts: HostFacts,
  flags: DoctorFlags,
  context: Context,
): Promise<readonly Fixed[]> {
  const host = connectHost(facts, context.env);
  const fixed: Fixed[] = [];
  for (const { id, fix } of offered) {
    const one = await attempt(id, fix, host);
    fixed.push(one);
    if (formatOf(flags) === 'text') tell(renderFixed(one, styleOf(flags, context.stderr, context)), context);
  }
  void host.close();
  return fixed;
}

async function attempt(id: string, fix: Fix, host: HostConnection): Promise<Fixed> {
  try {
    await mend(fix, { linger: host.writers().linger, service: host.controller(), deadline: startDeadline });
    return { id, fix, outcome: 'done' };
  } catch (error) {
    return { id, fix, outcome: 'failed', detail: messageOf(error) };
  }
}
