import {
  type Guard,
  isCount,
  isFields,
  isFlag,
  isFormat,
  isText,
  listOf,
  nullOr,
  optional,
  recordOf,
  shapeOf,
} from '../host/shape.ts';
import { isAdmittedRecord } from '../host/state.ts';
import { isSuspension } from '../host/status-file.ts';
import { isReportedProblem } from '../model/connector-spec.ts';
import type { Known } from '../model/known.ts';
import type {
  HostFacts,
  Observation,
  ObservedConnector,
  ObservedFile,
  ObservedSession,
  ObservedTmux,
  ObservedUnit,
  StartRecord,
} from '../model/observation.ts';
import { readJsonFile } from './json-file.ts';
import { refuse } from './refusal.ts';

const hint = 'Write one on the host: muster ps --snapshot FILE';

/** What `ps --snapshot` wrote, checked in full: a plan is made from it as from a look. `shown` is the file as the user named it. */
export async function readSnapshot(file: string, shown: string): Promise<Observation> {
  const snapshot = await readJsonFile(file, shown, 'snapshot/format', hint);
  if (isObservation(snapshot)) return snapshot;
  const { format_version: version } = snapshot;
  const wrong = Object.entries(parts).flatMap(([part, holds]) => (holds(snapshot[part]) ? [] : [part]));
  throw refuse({
    code: 'snapshot/format',
    summary: `${shown} is not a snapshot that this version can read`,
    detail: isFormat(version)
      ? `Missing or of another shape: ${wrong.join(', ')}.`
      : `It says format_version ${JSON.stringify(version) ?? 'nothing'}; this version reads 1.x.`,
    hint,
  });
}

const knownAs =
  <T>(guard: Guard<T>): Guard<Known<T>> =>
  (value): value is Known<T> =>
    isFields(value) && (value.known === true ? guard(value.value) : value.known === false && isText(value.why));

const isFile = shapeOf<ObservedFile>({
  digest: isText,
  ours: isFlag,
  format: optional(isText),
  masked: optional(isFlag),
  role: optional(shapeOf<NonNullable<ObservedFile['role']>>({ fleet: isText, class: isText })),
});

const isUnit = shapeOf<ObservedUnit>({
  load: isText,
  active: isText,
  sub: isText,
  enablement: isText,
  invocation: isText,
  ownFile: optional(isText),
});

const isSession = shapeOf<ObservedSession>({
  id: isText,
  name: isText,
  agent: isText,
  incarnation: isText,
  alive: isFlag,
  pid: isCount,
  created: isCount,
  changed: optional(isCount),
});

const isStartRecord = shapeOf<StartRecord>({
  invocation: isText,
  config: isText,
  units: isText,
  role: optional(isText),
  fleet: isText,
  class: isText,
  session: isText,
  socket: optional(isText),
  kind: optional(isText),
});

const isConnector = shapeOf<ObservedConnector>({
  invocation: isText,
  kind: isText,
  fresh: isFlag,
  healthy: isFlag,
  problems: listOf(isReportedProblem),
  waiting: shapeOf<ObservedConnector['waiting']>({ inbound: isCount, outbound: isCount }),
});

const isFacts = shapeOf<HostFacts>({
  host: isText,
  tenant: isText,
  home: isText,
  mosaicHome: isText,
  stateDir: isText,
  launcher: listOf(isText),
});

const parts: { readonly [Part in keyof Observation]-?: (value: unknown) => boolean } = {
  format_version: isFormat,
  facts: isFacts,
  linger: knownAs(isFlag),
  files: knownAs(recordOf(isFile)),
  units: knownAs(recordOf(isUnit)),
  stale: knownAs(isFlag),
  tmux: knownAs(shapeOf<ObservedTmux>({ socket: isText, server: isFlag, sessions: listOf(isSession) })),
  records: knownAs(recordOf(isStartRecord)),
  completed: knownAs(recordOf(isText)),
  connectors: optional(knownAs(recordOf(isConnector))),
  programs: knownAs(recordOf(nullOr(isText))),
  admitted: knownAs(nullOr(isAdmittedRecord)),
  suspensions: optional(knownAs(listOf(isSuspension))),
};

export const isObservation = shapeOf<Observation>(parts);
