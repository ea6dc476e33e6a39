import type { Condition, ControllerStatus } from './controller.ts';
import type { Pending, UnknownPlace } from './plan.ts';

/** What `ps --json` prints: format_version 1.0, fields in `docs/cli.md`. */
export interface Status {
  readonly format_version: '1.0';
  readonly host: string;
  readonly tenant: string;
  /** Commit that was last carried out here. */
  readonly revision: string | null;
  /** Absolute path of the repository that its rosters were read from. */
  readonly repository: string | null;
  readonly fleets: readonly StatusFleet[];
  readonly agents: readonly StatusAgent[];
  readonly unrostered: readonly Unrostered[];
  /** Agents for which a plan would do something: they drifted, or their roster was not carried out yet. */
  readonly differing: number;
  readonly pending: readonly Pending[];
  readonly unknown: readonly UnknownPlace[];
  readonly controller: StatusController;
}

/** Whether a controller runs here, and what it last told of itself. */
export interface StatusController {
  /** `unresponsive`: it listens and does not answer. `stopped`: one ran, or is installed. `none`: neither. */
  readonly state: 'running' | 'unresponsive' | 'stopped' | 'none';
  /** Its unit file is there. */
  readonly installed: boolean;
  readonly status: ControllerStatus | null;
}

export const noController: StatusController = { state: 'none', installed: false, status: null };

/**
 * `ready`: messages get through. `silent`: it runs and has told nothing of itself for half a minute. `none`: a fleet without an
 * orchestrator has no connector.
 */
export const connectorStates = [
  'ready',
  'unhealthy',
  'silent',
  'starting',
  'stopping',
  'stopped',
  'failed',
  'masked',
  'unknown',
  'none',
] as const;
export type ConnectorState = (typeof connectorStates)[number];

export interface StatusConnector {
  readonly state: ConnectorState;
  /** What the bridge calls its weightiest problem, or `orchestrator-down`; `null` where there is none. */
  readonly reason: string | null;
  readonly detail: string;
  /** What to do about it. */
  readonly remedy: string | null;
  /** Messages that are to be handed over to the orchestrator, and to be sent; `null` where it cannot be told. */
  readonly waiting_in: number | null;
  readonly waiting_out: number | null;
}

export interface StatusFleet {
  readonly name: string;
  readonly profile: string | null;
  /** Its kind. */
  readonly connector: string;
  readonly connector_status: StatusConnector;
  readonly agents: number;
  readonly live: number;
  /** As the controller last told them; empty without one. */
  readonly conditions: readonly Condition[];
}

export interface StatusAgent {
  readonly fleet: string;
  readonly name: string;
  readonly class: string;
  readonly runtime: string;
  /** `unknown`: what was carried out here last cannot be read, and fleet, class and runtime are as far as they are known. */
  readonly desired: 'running' | 'stopped' | 'unknown';
  /** systemd's words: `active (running), enabled`. */
  readonly unit: string;
  readonly session: 'alive' | 'none' | 'foreign' | 'unknown';
  readonly state: AgentState;
  /** RFC 3339, UTC: when its unit last changed state. */
  readonly since: string | null;
  readonly restarts: number | null;
  /** What differs from a state that had been reached: `enabled`, `active`, `config`, `session`, `files`. */
  readonly drift: readonly string[];
}

/** `live` only when both witnesses say so. */
export type AgentState =
  | 'live'
  | 'starting'
  | 'stopping'
  | 'stopped'
  | 'completed'
  | 'failed'
  | 'no-session'
  | 'masked'
  | 'unknown';

export interface Unrostered {
  readonly unit: string | null;
  /** tmux session id, where a session is all there is. */
  readonly session: string | null;
  readonly name: string;
  readonly state: string;
}
