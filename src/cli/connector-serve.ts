import path from 'node:path';
import { entriesOf, inPhase } from '../agents/inbox/entries.ts';
import { readHeartbeat, stateOfWord } from '../agents/state/heartbeat.ts';
import { heartbeatFile } from '../agents/state/heartbeat-file.ts';
import { contentOf } from '../agents/state/traces.ts';
import { bridgeJournals } from '../connectors/bridge/bridge.ts';
import type { HandOver } from '../connectors/bridge/inbound.ts';
import { toInbox } from '../connectors/bridge/to-inbox.ts';
import { type Answering, answering } from '../connectors/questions/answering.ts';
import { factoryOf } from '../connectors/registry.ts';
import { type Rouse, rouse } from '../connectors/service/rouse.ts';
import { type Secrets, type Service, serveFleet } from '../connectors/service/service.ts';
import { controlSocket } from '../control/protocol.ts';
import { isAnswered } from '../control/socket.ts';
import { acquireBridgeLock } from '../host/connector-lock.ts';
import { connectorLogs } from '../host/connector-logs.ts';
import { type ConnectorRecords, connectorRecords } from '../host/connector-records.ts';
import { readSecret } from '../host/connector-secrets.ts';
import { hostFacts, hostRoots } from '../host/facts.ts';
import { inboxJournal } from '../host/inbox-journal.ts';
import { serviceNotifier, watchdogMs } from '../host/notify.ts';
import { runOwn } from '../host/own-command.ts';
import type { HostRoots } from '../host/roots.ts';
import type { ConnectorReport, ConnectorSpec } from '../model/connector-spec.ts';
import type { ConnectorFactory, Missing } from '../model/connectors.ts';
import type { InboxJournal } from '../model/inbox.ts';
import { isName } from '../model/names.ts';
import type { HostFacts } from '../model/observation.ts';
import { PortError } from '../model/ports.ts';
import { answersOf } from './connector-answers.ts';
import { connectorClock } from './connector-clock.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { type Log, logTo } from './log.ts';
import { type Refusal, refuse } from './refusal.ts';
import { signsOfLife } from './signs-of-life.ts';

/** The bridge between a fleet's connector and its orchestrator, until it is told to stop: what the unit of a connector runs. */
export async function connectorServe(named: string | undefined, context: Context): Promise<ExitStatus> {
  const fleet = named ?? '';
  const stop = context.interruptions();
  const { tidy } = context.spareMemory();
  const log = logTo(context);
  const facts = hostFacts({ env: context.env, uid: context.uid, hostname: context.hostname, launcher: context.launcher });
  const roots = hostRoots(facts, context.env);
  const records = recordsOf(fleet, roots);
  const spec = await specOf(fleet, records);
  const factory = factoryFor(spec);
  const lock = await acquireBridgeLock(fleet, roots);
  if ('heldBy' in lock) throw servedBy(fleet, lock.heldBy);
  const over = AbortSignal.any([stop, lock.lost]);
  try {
    await records.started({ format_version: '1.0', invocation: invocationOf(context), config: spec.config, kind: spec.kind });
    const tidying = setInterval(tidy, tidyEveryMs).unref();
    tidy();
    await serve({ spec, factory, facts, roots, records, log, context }, over);
    clearInterval(tidying);
  } catch (error) {
    throw error instanceof PortError && error.kind === 'refused' ? newerJournal(fleet, error) : error;
  } finally {
    await records.clear();
    await lock.release();
  }
  if (!lock.lost.aborted) return exitStatus.done;
  log(3, String(lock.lost.reason));
  return exitStatus.failed;
}

const tidyEveryMs = 60_000;
const invocationOf = ({ env }: Context): string => env.INVOCATION_ID ?? '';

function recordsOf(fleet: string, roots: HostRoots): ConnectorRecords {
  if (isName(fleet)) return connectorRecords(fleet, roots);
  throw refuse(
    { code: 'usage', summary: `${JSON.stringify(fleet)} cannot be the name of a fleet`, hint: 'muster connector serve FLEET' },
    exitStatus.usage,
  );
}

/** What only a person can mend ends with 78, so that the unit is not started again until somebody has. */
async function specOf(fleet: string, records: ConnectorRecords): Promise<ConnectorSpec> {
  const spec = await records.spec().catch((error: unknown) => {
    if (!(error instanceof PortError)) throw error;
    throw unfit(`what the connector of fleet ${fleet} is to be cannot be read`, error.message, 'Then: muster apply');
  });
  if (spec === null)
    throw unfit(
      `no connector is set up here for a fleet ${fleet}`,
      `There is no connectors/${fleet}.json among the files of the fleets.`,
      'An apply writes it, and starts the connector: muster apply',
    );
  if (spec.fleet === fleet) return spec;
  throw unfit(
    `the spec of fleet ${fleet} is that of ${spec.fleet}`,
    'Somebody has copied it.',
    'It is written anew by: muster apply',
  );
}

function factoryFor({ fleet, kind, operators, settings }: ConnectorSpec): ConnectorFactory {
  const factory = factoryOf(kind);
  if (factory === null)
    throw unfit(
      `this version of muster serves no connector of kind ${kind}`,
      `Fleet ${fleet} asks for it.`,
      'Install the version that applied it, or change the kind: muster connector set',
    );
  const [problem] = factory.problems({ operators, settings });
  if (problem === undefined) return factory;
  throw unfit(`the connector of fleet ${fleet} cannot be served: ${problem.summary}`, problem.path.join('.'), problem.hint);
}

const unfit = (summary: string, detail: string, hint: string): Refusal =>
  refuse({ code: 'connector/unfit', summary, detail, hint }, exitStatus.misconfigured);

const servedBy = (fleet: string, holder: string): Refusal =>
  refuse({
    code: 'connector/served',
    summary: `the connector of fleet ${fleet} is served already, by ${holder}`,
    detail: 'Two bridges would hand over and say everything twice.',
    hint: `Look at that one: systemctl --user status mosaic-connector@${fleet}`,
  });

const newerJournal = (fleet: string, { message }: PortError): Refusal =>
  unfit(
    `the connector of fleet ${fleet} cannot be served`,
    message,
    'Install the newer version again, or make the files accessible to this user.',
  );

interface Serving {
  readonly spec: ConnectorSpec;
  readonly factory: ConnectorFactory;
  readonly facts: HostFacts;
  readonly roots: HostRoots;
  readonly records: ConnectorRecords;
  readonly log: Log;
  readonly context: Context;
}

async function serve(serving: Serving, stop: AbortSignal): Promise<void> {
  const { spec, facts } = serving;
  const inbox = inboxJournal(facts.stateDir, spec.orchestrator);
  const rousing = rouseOf(serving, inbox);
  const ended = new AbortController();
  const roused = rousing.run(AbortSignal.any([stop, ended.signal]));
  try {
    const handOver = andThen(toInbox(spec.orchestrator, inbox), rousing.ring);
    await serveFleet(serviceOf(serving, answering(answersIn(serving), handOver)), stop);
  } finally {
    ended.abort();
    await roused;
  }
}

const answersIn = ({ spec: { fleet }, facts, roots, log, context }: Serving): Answering => ({
  answer: answersOf(fleet, roots, context),
  outbound: bridgeJournals(connectorLogs(facts.stateDir, fleet)).outbound,
  note: (text) => log(5, text),
  clock: connectorClock(context),
});

const andThen =
  (handOver: HandOver, next: () => void): HandOver =>
  async (message, via) => {
    const result = await handOver(message, via);
    next();
    return result;
  };

function serviceOf({ spec, factory, facts, roots, records, log, context }: Serving, handOver: HandOver): Service {
  const { fleet, kind } = spec;
  return {
    spec,
    factory,
    tenant: facts.tenant,
    secrets: () => secretsOf(factory, fleet, roots, context),
    logs: connectorLogs(facts.stateDir, fleet),
    ownLogs: connectorLogs(facts.stateDir, fleet, kind),
    files: path.join(facts.stateDir, 'connectors', fleet, 'files'),
    handOver,
    isWorking: () => isBusy(path.join(roots.runtimeDir, 'mosaic/agents', spec.orchestrator)),
    tell: (report) => records.tell({ format_version: '1.0', invocation: invocationOf(context), at: report.at, kind, report }),
    onAlive: toldToSystemd(context),
    note: log,
    clock: connectorClock(context),
  };
}

function toldToSystemd(context: Context): Service['onAlive'] {
  const everyMs = (watchdogMs(context.env, context.pid) ?? Number.POSITIVE_INFINITY) / 3;
  const tell = signsOfLife(serviceNotifier(context.env), everyMs, context.now);
  return (report) => tell(statusOf(report));
}

function statusOf(report: ConnectorReport | null): string {
  if (report === null) return 'how it is cannot be told';
  const reasons = report.problems.filter(({ blocking }) => blocking).map(({ reason }) => reason);
  return reasons.length === 0 ? report.connector.phase : `not well: ${[...new Set(reasons)].join(', ')}`;
}

/** By the hooks of its program, as they told last; its run directory goes with its run. */
function isBusy(runDirectory: string): boolean {
  const beat = readHeartbeat(contentOf(heartbeatFile(runDirectory)));
  return beat !== null && stateOfWord(beat.state) === 'busy';
}

async function secretsOf({ secrets }: ConnectorFactory, fleet: string, roots: HostRoots, { env }: Context): Promise<Secrets> {
  const values: Record<string, string> = {};
  const missing: Missing[] = [];
  for (const name of secrets) {
    const secret = await readSecret(name, { fleet, roots, env });
    if (secret.found) values[name] = secret.value;
    else missing.push({ what: name, detail: `${name} is missing: ${secret.why}`, remedy: `muster connector login ${fleet}` });
  }
  return { values, missing };
}

const deliverWithinMs = 60_000;

/** Where a controller runs its courier sees what comes into an inbox; elsewhere a command of ours delivers it. */
function rouseOf({ spec, roots, context }: Serving, inbox: InboxJournal): Rouse {
  const socket = controlSocket(roots.runtimeDir);
  const deliver = [...context.launcher, 'inbox', spec.orchestrator, '--deliver', '--quiet'];
  return rouse({
    waits: async () => inPhase(entriesOf(await inbox.read()), 'waiting').length > 0,
    isDelivered: () => isAnswered(socket),
    deliver: async (stop) => void (await runOwn(deliver, context.env, deliverWithinMs, stop)),
    clock: connectorClock(context),
  });
}
