/** Everything that the judge objects to. The list is closed: a plan with none of these keeps the floor at every step. */
export const violationTexts = {
  'duplicate-id': 'two actions have one id',
  'unknown-dependency': 'an action comes after one that is not in the plan',
  cycle: 'an action waits for itself',
  'out-of-order': 'an action was carried out although one that it comes after had not succeeded',
  'unknown-target': 'an action names nothing that it could act upon',
  'foreign-touched': 'an action acts upon what is not ours',
  'masked-touched': 'an action acts upon a masked unit',
  'two-orchestrators': 'two orchestrators live in one fleet',
  'two-at-boot': 'two orchestrators of one fleet would come up if the power went at this moment',
  'no-orchestrator': 'a fleet loses its orchestrator and the plan has none to put in its place at once',
  'no-enhancer': 'a fleet loses its last live enhancer although it need not',
  'gap-unprepared': 'an agent of the floor is ended before everything is ready for the one that follows',
  'gap-not-adjacent': 'another step of the floor comes between the ending and the beginning',
  'two-gaps': 'a fleet is without orchestrator and without enhancer at once',
  'way-back-lost': 'the leaving orchestrator could not be started again if the entering one failed',
  'stop-before-disable': 'a unit that is not to come back is stopped while it is enabled',
  'start-before-files': 'a unit is started before its files are as they should be',
  'start-before-reload': 'a unit is started before the manager knows its new unit file',
  'start-before-enable': 'a unit that is to be enabled is started before',
  'start-before-holder': 'an agent is started while no tmux holder runs',
  'holder-disturbed': 'the tmux holder is ended while agents run in it',
  'connector-early': 'a connector is started while its orchestrator is not live',
  'connector-late': 'a leaving connector outlives its orchestrator, or is ended while the orchestrator is handed over',
  'file-removed-early': 'a file is removed that is still needed',
  'session-killed': 'the session of a living agent is killed',
  'reload-missing': 'unit files or enablement changed and nothing tells the manager',
} as const;

export type ViolationKind = keyof typeof violationTexts;

export interface Violation {
  readonly kind: ViolationKind;
  /** Id of the action at which it happens; `null` when it belongs to the plan as a whole. */
  readonly action: string | null;
  /** Unit, fleet, file key or action id that it is about. */
  readonly about: string;
}

export const describeViolation = (violation: Violation): string =>
  `${violationTexts[violation.kind]}: ${violation.about}${violation.action === null ? '' : ` (at ${violation.action})`}`;
