/** What passes between whoever desires a connector and the process that serves it, by files. Each carries `format_version` 1.0. */

import { type Digest, isDigest } from './digest.ts';
import { isName } from './names.ts';
import { isCount, isFields, isFlag, isFormat, isText, isTime, listOf, nullOr, shapeOf } from './shape.ts';

/** What the connector of a fleet is to be: `connectors/FLEET.json`, written by an apply, mode 0600. There is no secret in it. */
export interface ConnectorSpec {
  readonly format_version: '1.0';
  readonly fleet: string;
  readonly kind: string;
  /** Agent that the operator talks to. */
  readonly orchestrator: string;
  /** Ids that the roster names. */
  readonly operators: readonly string[];
  /** The block of the roster that is named after the kind. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Digest of all that a connector which runs has to be restarted for. */
  readonly config: Digest;
}

/** `$XDG_RUNTIME_DIR/mosaic/connectors/FLEET/started.json`, written once by each run: what it runs with. */
export interface ConnectorStarted {
  readonly format_version: '1.0';
  /** systemd's InvocationID. */
  readonly invocation: string;
  /** `config` of the spec that it has read. */
  readonly config: Digest;
  readonly kind: string;
}

/** `health.json` beside it, written at each change and at least every `healthEveryMs`. */
export interface ConnectorHealthFile {
  readonly format_version: '1.0';
  readonly invocation: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly kind: string;
  readonly report: ConnectorReport;
}

/** Of what a bridge says of itself, what others go by. */
export interface ConnectorReport {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** Messages get through. */
  readonly healthy: boolean;
  readonly problems: readonly ReportedProblem[];
  /** RFC 3339, UTC; `null`: never since its start. */
  readonly connector: { readonly phase: string; readonly lastContact: string | null; readonly lastInbound: string | null };
  readonly inbound: { readonly waiting: number };
  readonly outbound: { readonly waiting: number };
}

export interface ReportedProblem {
  /** One of the bridge's reasons, or what a newer version says. */
  readonly reason: string;
  readonly blocking: boolean;
  readonly detail: string;
  readonly remedy: string;
}

export const healthEveryMs = 5_000;
/** A report that is older tells nothing of now. */
export const healthStaleMs = 30_000;

const isFleet = (value: unknown): boolean => isText(value) && isName(value);

export const isConnectorSpec = shapeOf<ConnectorSpec>({
  format_version: isFormat,
  fleet: isFleet,
  kind: isText,
  orchestrator: isFleet,
  operators: listOf(isText),
  settings: isFields,
  config: isDigest,
});

export const isConnectorStarted = shapeOf<ConnectorStarted>({
  format_version: isFormat,
  invocation: isText,
  config: isDigest,
  kind: isText,
});

export const isReportedProblem = shapeOf<ReportedProblem>({ reason: isText, blocking: isFlag, detail: isText, remedy: isText });

const isQueue = shapeOf<ConnectorReport['inbound']>({ waiting: isCount });

const isConnectorReport = shapeOf<ConnectorReport>({
  at: isTime,
  healthy: isFlag,
  problems: listOf(isReportedProblem),
  connector: shapeOf<ConnectorReport['connector']>({ phase: isText, lastContact: nullOr(isTime), lastInbound: nullOr(isTime) }),
  inbound: isQueue,
  outbound: isQueue,
});

export const isConnectorHealthFile = shapeOf<ConnectorHealthFile>({
  format_version: isFormat,
  invocation: isText,
  at: isTime,
  kind: isText,
  report: isConnectorReport,
});
