import type { ConnectorReport, ConnectorSpec } from '../../model/connector-spec.ts';
import type { ConnectorClock, ConnectorFactory, ConnectorSetting, Missing } from '../../model/connectors.ts';
import { type BridgeJournals, bridgeJournals, openBridge } from '../bridge/bridge.ts';
import type { HandOver } from '../bridge/inbound.ts';
import type { SayReceipt } from '../bridge/records.ts';
import { courtesies } from './courtesies.ts';
import { lackingReport } from './lacking.ts';
import { progress } from './progress.ts';
import { tellHealth } from './tell.ts';

export interface Service {
  readonly spec: ConnectorSpec;
  readonly factory: ConnectorFactory;
  readonly tenant: string;
  readonly secrets: () => Promise<Secrets>;
  /** Logs of the fleet, and those of its connector's own. */
  readonly logs: ConnectorSetting['log'];
  readonly ownLogs: ConnectorSetting['log'];
  /** Absolute path of a directory for what was attached. */
  readonly files: string;
  readonly handOver: HandOver;
  /** Whether the orchestrator is at work now, as it says itself. */
  readonly isWorking: () => boolean;
  readonly tell: (report: ConnectorReport) => Promise<void>;
  /** Told every second or so, from when the journals are held, for as long as it comes forward: how it is, `null` where nobody knows. */
  readonly onAlive: (report: ConnectorReport | null) => void;
  /** Priority as syslog has it. */
  readonly note: (priority: number, text: string) => void;
  readonly clock: ConnectorClock;
}

export interface Secrets {
  readonly values: Readonly<Record<string, string>>;
  readonly missing: readonly Missing[];
}

const lookEveryMs = 5000;
/** For a server that does not let go of a connection: what is not at its end then is done again after the next start. */
const patienceMs = 8000;

/**
 * Serves a fleet until it is stopped, and begins anew whenever its secrets are others than before. Without its secrets it tells what it lacks, and
 * waits. Rejects where a journal cannot be read.
 */
export async function serveFleet(service: Service, stop: AbortSignal): Promise<void> {
  const journals = bridgeJournals(service.logs);
  while (!stop.aborted) {
    const secrets = await service.secrets();
    const change = new AbortController();
    const over = AbortSignal.any([stop, change.signal]);
    const served = secrets.missing.length > 0 ? wait(service, journals, secrets, over) : serve(service, journals, secrets, over);
    // Whoever fails ends the other one, too.
    await Promise.all([served.finally(() => change.abort()), watchSecrets(service, secrets, change, over)]);
    if (!stop.aborted) service.note(5, 'its secrets are others now: beginning anew with them');
  }
}

async function wait(service: Service, journals: BridgeJournals, { missing }: Secrets, stop: AbortSignal): Promise<void> {
  const report = () => lackingReport(journals, missing, service.clock.date().toISOString());
  await telling(service, report, service.onAlive, stop);
}

async function serve(service: Service, journals: BridgeJournals, { values }: Secrets, stop: AbortSignal): Promise<void> {
  const { spec, factory, tenant, clock, handOver, note } = service;
  const { fleet, settings } = spec;
  const operators = factory.operators(spec.operators, tenant);
  const { ownLogs: log, files } = service;
  const connector = factory.create({ fleet, tenant, settings, secrets: values, operators, files, log, clock });
  const polite = courtesies({ sign: (sign) => connector.courtesy?.(sign), isWorking: service.isWorking, clock });
  const bridge = await openBridge({
    fleet,
    connector,
    operators,
    handOver: async (message, via) => {
      const result = await handOver(message, via);
      if (result === 'taken' && via === spec.kind) polite.handed(message);
      return result;
    },
    journals,
    secrets: Object.values(values),
    clock,
    onReceipt: (receipt) => {
      polite.said(receipt);
      noteReceipt(receipt, note);
    },
  });
  note(6, `serving ${fleet} over ${spec.kind}, for ${spec.orchestrator}`);
  const comesForward = progress(clock);
  const onLook = (report: ConnectorReport | null): void => {
    if (comesForward(connector.health())) service.onAlive(report);
  };
  await Promise.all([telling(service, bridge.health, onLook, stop), polite.run(stop)]);
  const late = new AbortController();
  const closed = bridge.close().finally(() => late.abort());
  await Promise.race([closed, clock.sleep(patienceMs, late.signal)]);
}

const telling = (
  { tell, note, clock }: Service,
  report: () => ConnectorReport | Promise<ConnectorReport>,
  onLook: (report: ConnectorReport | null) => void,
  stop: AbortSignal,
) =>
  tellHealth(
    {
      report,
      write: tell,
      onLook,
      onProblem: (detail, blocking) => note(blocking ? 4 : 5, detail),
      onMended: (detail) => note(5, `over: ${detail}`),
      clock,
    },
    stop,
  );

/** What became of a message that did not get through; what did is no news. */
function noteReceipt({ id, state, reason, detail }: SayReceipt, note: Service['note']): void {
  if (state !== 'sent')
    note(4, `message ${id} is ${state}: ${[reason, detail].filter((text) => text !== null && text !== '').join(', ')}`);
}

async function watchSecrets(service: Service, before: Secrets, change: AbortController, stop: AbortSignal): Promise<void> {
  const print = (secrets: Secrets): string => JSON.stringify([secrets.values, secrets.missing]);
  while (!stop.aborted) {
    await service.clock.sleep(lookEveryMs, stop);
    if (!stop.aborted && print(await service.secrets()) !== print(before)) change.abort();
  }
}
