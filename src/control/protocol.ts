/** What both ends of the control socket agree on: `docs/control.md`. */

/** Name of the socket below `$XDG_RUNTIME_DIR/mosaic`. */
const socketName = 'controller.sock';

/** Absolute path of the socket of the controller whose runtime directory this is. */
export const controlSocket = (runtimeDir: string): string => `${runtimeDir}/mosaic/${socketName}`;

export const paths = {
  status: '/v1/status',
  report: '/v1/ps',
  plan: '/v1/plan',
  events: '/v1/events',
  reconcile: '/v1/reconcile',
  suspend: '/v1/suspend',
  resume: '/v1/resume',
} as const;

/** Largest body of a request, in bytes. */
export const largestBody = 64 * 1024;

/** Why a request was not served: permanent words. */
export type ControlErrorCode =
  | 'bad-request'
  | 'not-found'
  | 'method-not-allowed'
  | 'too-large'
  | 'too-many'
  | 'refused'
  | 'no-plan'
  | 'timeout'
  | 'internal';

export interface ControlErrorBody {
  readonly format_version: '1.0';
  readonly error: { readonly code: ControlErrorCode; readonly summary: string; readonly hint: string };
}

/** What a controller does not answer in this time it is not waited for any longer: milliseconds, by the path that was asked. */
export const patience: Readonly<Record<(typeof paths)[keyof typeof paths], number>> = {
  [paths.status]: 5000,
  [paths.report]: 10_000,
  [paths.plan]: 60_000,
  [paths.events]: 5000,
  [paths.reconcile]: 600_000,
  [paths.suspend]: 30_000,
  [paths.resume]: 30_000,
};
