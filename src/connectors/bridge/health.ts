import { type ChatConnector, type ConnectorHealth, remedyFor } from '../../model/connectors.ts';
import type { InboundState } from './inbound.ts';
import type { OutboundState } from './outbound.ts';
import type { Redact } from './redact.ts';

/** Why a bridge is not well. Told in `docs/connectors/writing.md`. */
export const bridgeReasons = [
  'journal-failing',
  'missing',
  'unauthenticated',
  'unreachable',
  'deaf',
  'hand-over-failing',
  'sending-held',
  'journal-damaged',
  'outcome-unknown',
] as const;
export type BridgeReason = (typeof bridgeReasons)[number];

export interface BridgeProblem {
  readonly reason: BridgeReason;
  /** Messages do not get through now; else something happened that somebody should know of. */
  readonly blocking: boolean;
  readonly detail: string;
  readonly remedy: string;
}

/** What a bridge says of itself; bears no secret. Times are RFC 3339, UTC. */
export interface BridgeHealth {
  readonly format_version: '1.0';
  readonly fleet: string;
  readonly kind: string;
  readonly at: string;
  /** No problem is blocking. */
  readonly healthy: boolean;
  readonly problems: readonly BridgeProblem[];
  readonly connector: ConnectorHealth;
  readonly inbound: InboundState;
  readonly outbound: OutboundState;
}

export interface BridgeFacts {
  readonly fleet: string;
  readonly connector: Pick<ChatConnector, 'kind' | 'traits' | 'health'>;
  readonly inbound: InboundState;
  readonly outbound: OutboundState;
  readonly startedAt: Date;
  readonly now: Date;
  readonly redact: Redact;
}

/** Milliseconds for which a queue may be held before that is a problem. */
const patienceMs = 60_000;

/** From so many in a row on it is no slip. */
const manyFailures = 3;

export function bridgeHealth({ fleet, connector, inbound, outbound, startedAt, now, redact }: BridgeFacts): BridgeHealth {
  const health = told(connector.health(), fleet, redact);
  const problems = [
    ...journalProblems(inbound, outbound),
    ...connectorProblems(health, { fleet, connector, startedAt, now }),
    ...queueProblems(inbound, outbound, now),
  ];
  return {
    format_version: '1.0',
    fleet,
    kind: connector.kind,
    at: now.toISOString(),
    healthy: !problems.some(({ blocking }) => blocking),
    problems,
    connector: health,
    inbound,
    outbound,
  };
}

/** Without secrets, and for this fleet. */
const told = (health: ConnectorHealth, fleet: string, redact: Redact): ConnectorHealth => ({
  ...health,
  detail: redact(health.detail),
  missing: health.missing.map(({ what, detail, remedy }) => ({
    what,
    detail: redact(detail),
    remedy: redact(remedyFor(fleet, remedy)),
  })),
});

function journalProblems(...journals: readonly Pick<InboundState, 'trouble' | 'setAside'>[]): BridgeProblem[] {
  return journals.flatMap(({ trouble, setAside }) => [
    ...(trouble === null
      ? []
      : [problem('journal-failing', true, trouble, 'make room on the disk; nothing is lost, it goes on by itself')]),
    ...setAside.map((copy) =>
      problem(
        'journal-damaged',
        false,
        `lines of a journal could not be read; a copy is ${copy}`,
        'look at the copy, then delete it',
      ),
    ),
  ]);
}

function connectorProblems(
  health: ConnectorHealth,
  { fleet, connector: { kind, traits }, startedAt, now }: Pick<BridgeFacts, 'fleet' | 'connector' | 'startedAt' | 'now'>,
): BridgeProblem[] {
  const missing = health.missing.map(({ detail, remedy }) => problem('missing', true, detail, remedy));
  if (missing.length > 0) return missing;
  if (health.authenticated === false)
    return [problem('unauthenticated', true, health.detail, `get a new token: \`muster connector login ${fleet}\``)];
  if (health.reachable === false || (health.phase === 'waiting' && health.consecutiveFailures >= manyFailures))
    return [problem('unreachable', true, health.detail, `look whether the ${kind} server runs; it is tried again by itself`)];
  const silentMs = now.getTime() - Date.parse(health.lastContact ?? startedAt.toISOString());
  if (silentMs < traits.deafAfterMs) return [];
  const since = health.lastContact ?? 'its start';
  return [
    problem(
      'deaf',
      true,
      `nothing was heard from the server since ${since}`,
      `it is begun anew by itself where it hangs; report what its log says: \`journalctl --user -u mosaic-connector@${fleet}\``,
    ),
  ];
}

function queueProblems(inbound: InboundState, outbound: OutboundState, now: Date): BridgeProblem[] {
  const isOld = (at: string | null): boolean => at !== null && now.getTime() - Date.parse(at) > patienceMs;
  const [held] = outbound.held;
  return [
    ...(inbound.obstacle === null
      ? []
      : [
          problem(
            'hand-over-failing',
            true,
            inbound.obstacle,
            'look at the orchestrator: `muster inbox NAME`; it is tried again by itself',
          ),
        ]),
    ...(held === undefined || !isOld(outbound.oldestWaiting)
      ? []
      : [
          problem(
            'sending-held',
            true,
            `${outbound.waiting} messages wait, until ${held.until}: ${held.why}`,
            'it is tried again by itself',
          ),
        ]),
    ...(outbound.unknown === 0
      ? []
      : [
          problem(
            'outcome-unknown',
            false,
            `of ${outbound.unknown} messages nobody knows whether they arrived`,
            'look in the chat',
          ),
        ]),
  ];
}

const problem = (reason: BridgeReason, blocking: boolean, detail: string, remedy: string): BridgeProblem => ({
  reason,
  blocking,
  detail,
  remedy,
});
