import { connectorRecords } from '../host/connector-records.ts';
import { hostRoots } from '../host/facts.ts';
import { type ConnectorHealthFile, healthStaleMs } from '../model/connector-spec.ts';
import { PortError } from '../model/ports.ts';
import { type ConnectorHealthTold, renderConnectorHealth } from '../views/connector-health.ts';
import { renderJson } from '../views/json.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { fleetHere, specHere } from './fleet-here.ts';
import { factsOf } from './host.ts';
import { show, styleOf } from './output.ts';
import { refuse } from './refusal.ts';

/** Whether messages get through now. Asks nobody: it reads what the bridge last told. Ends with 0 where they do. */
export async function connectorHealth(named: string | undefined, flags: OutputFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const fleet = await fleetHere(named, facts, context);
  const [spec, file] = await Promise.all([
    specHere(fleet, facts, context),
    connectorRecords(fleet, hostRoots(facts, context.env))
      .told()
      .catch((error: unknown) => {
        if (error instanceof PortError) return null;
        throw error;
      }),
  ]);
  if (spec === null && file === null) throw noConnector(fleet);
  const state = stateOf(file, context.date().getTime());
  const told: ConnectorHealthTold = {
    format_version: '1.0',
    fleet,
    kind: file?.kind ?? spec?.kind ?? '',
    state,
    healthy: state === 'healthy',
    at: file?.at ?? null,
    report: file?.report ?? null,
  };
  const style = styleOf(flags, context.stdout, context);
  show(formatOf(flags) === 'json' ? renderJson(told) : renderConnectorHealth(told, context.date().getTime(), style), context);
  return told.healthy ? exitStatus.done : exitStatus.failed;
}

function stateOf(file: ConnectorHealthFile | null, now: number): ConnectorHealthTold['state'] {
  if (file === null) return 'not-running';
  if (now - Date.parse(file.at) > healthStaleMs) return 'silent';
  if (!file.report.healthy) return 'unwell';
  return ['live', 'catching-up'].includes(file.report.connector.phase) ? 'healthy' : 'connecting';
}

const noConnector = (fleet: string) =>
  refuse({
    code: 'name/unknown',
    summary: `fleet ${fleet} has no connector on this host`,
    hint: 'An apply sets it up: muster apply',
  });
