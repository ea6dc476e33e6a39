import type { ConnectorReport } from '../model/connector-spec.ts';
import { visible } from '../model/visible.ts';
import type { Style } from './style.ts';
import { ago as timeAgo } from './time.ts';

/** `silent`: it has told nothing for too long. */
export const connectorHealthStates = ['healthy', 'connecting', 'unwell', 'silent', 'not-running'] as const;

/** What `connector health` tells: format_version 1.0, fields in `docs/cli.md`. */
export interface ConnectorHealthTold {
  readonly format_version: '1.0';
  readonly fleet: string;
  readonly kind: string;
  readonly state: (typeof connectorHealthStates)[number];
  readonly healthy: boolean;
  /** When it last told anything; RFC 3339, UTC. */
  readonly at: string | null;
  readonly report: ConnectorReport | null;
}

/** `now` in milliseconds of the wall clock. */
export function renderConnectorHealth(told: ConnectorHealthTold, now: number, style: Style): string {
  const unit = `mosaic-connector@${told.fleet}`;
  const name = `${style.bold(told.fleet)} over ${visible(told.kind)}`;
  switch (told.state) {
    case 'not-running':
      return [
        `${style.red('✗')} ${name}: its connector does not run`,
        '  What is said waits in its journal. What the operator writes waits at the server.',
        `  ${style.cyan('help:')} systemctl --user status ${unit}; muster plan`,
        '',
      ].join('\n');
    case 'silent':
      return [
        `${style.red('✗')} ${name}: its connector has told nothing since ${told.at ?? ''}`,
        '  Where it hangs systemd ends it within a minute, and begins it anew. Nothing is lost.',
        `  ${style.cyan('help:')} systemctl --user restart ${unit}; journalctl --user -u ${unit}`,
        '',
      ].join('\n');
    case 'connecting':
      return [`${style.yellow('·')} ${name}: it is connecting`, ...reportLines(told.report, now, style), ''].join('\n');
    case 'unwell':
      return [`${style.red('✗')} ${name}: messages do not get through`, ...reportLines(told.report, now, style), ''].join('\n');
    case 'healthy':
      return [`${style.green('✓')} ${name}: messages get through`, ...reportLines(told.report, now, style), ''].join('\n');
  }
}

function reportLines(report: ConnectorReport | null, now: number, style: Style): readonly string[] {
  if (report === null) return [];
  const { connector, inbound, outbound, problems } = report;
  const last = (what: string, at: string | null): string =>
    at === null ? `no ${what} since its start` : `last ${what} ${timeAgo(now - Date.parse(at))} ago`;
  return [
    ...problems.flatMap(({ reason, blocking, detail, remedy }) => [
      `  ${blocking ? style.red('✗') : style.yellow('!')} ${visible(reason)}: ${visible(detail)}`,
      `    ${style.cyan('help:')} ${visible(remedy)}`,
    ]),
    `  ${visible(connector.phase)} · ${last('word of the server', connector.lastContact)} · ${last('message', connector.lastInbound)}`,
    `  waiting: ${inbound.waiting} for the orchestrator, ${outbound.waiting} to be said`,
  ];
}
