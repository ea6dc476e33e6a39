import type { ControllerStats } from '../model/control.ts';
import type { ControllerStatus } from '../model/controller.ts';
import { exposition, type Metric, type Series } from './exposition.ts';

export interface MetricsInput {
  readonly version: string;
  readonly status: ControllerStatus;
  readonly stats: ControllerStats;
}

/** What Prometheus reads, made anew from state whenever it asks: `docs/control.md` tells every series. */
export const renderMetrics = ({ version, status, stats }: MetricsInput): string =>
  exposition([
    gauge('muster_build_info', 'Version of Muster; always 1.', [{ labels: { version }, value: 1 }]),
    gauge('muster_revision_info', 'What is followed, and its commits; always 1.', [{ labels: revisionLabels(status), value: 1 }]),
    gauge('muster_condition', 'Conditions by fleet: 1 for the status that is the case.', conditionSeries(status)),
    {
      name: 'muster_passes_total',
      help: 'Passes of the loop by result.',
      type: 'counter',
      series: Object.entries(stats.passes).map(([result, value]) => ({ labels: { result }, value })),
    },
    histogram('muster_pass_duration_seconds', 'How long a pass took.', stats.pass_seconds),
    {
      name: 'muster_actions_total',
      help: 'Actions that were carried out, by verb and outcome.',
      type: 'counter',
      series: stats.actions.map(({ verb, outcome, count }) => ({ labels: { verb, outcome }, value: count })),
    },
    histogram(
      'muster_heal_duration_seconds',
      'From the first look that saw drift to the first that saw none.',
      stats.heal_seconds,
    ),
    gauge('muster_drift', 'Places that differ from a state that had been reached.', [{ labels: {}, value: status.drift.length }]),
    gauge('muster_left', 'Actions that the last look still asked for.', [{ labels: {}, value: status.left.length }]),
    gauge('muster_back_off', 'Failures in a row of what is waited with.', backOffSeries(status)),
    gauge('muster_suspended', 'What is left as it is; always 1.', suspendedSeries(status)),
    gauge('muster_last_pass_timestamp_seconds', 'When the last pass ended.', lastPassSeries(status)),
  ]);

const gauge = (name: string, help: string, series: readonly Series[]): Metric => ({ name, help, type: 'gauge', series });

const histogram = (name: string, help: string, value: ControllerStats['pass_seconds']): Metric => ({
  name,
  help,
  type: 'histogram',
  series: [{ labels: {}, value }],
});

const revisionLabels = ({ binding, attempted, applied, good }: ControllerStatus) => ({
  repository: binding?.repository ?? '',
  ref: binding?.ref ?? '',
  attempted: attempted?.revision ?? '',
  applied: applied ?? '',
  good: good ?? '',
});

const conditionSeries = ({ fleets }: ControllerStatus): Series[] =>
  fleets.flatMap(({ name, conditions }) =>
    conditions.flatMap(({ type, status }) =>
      ['True', 'False', 'Unknown'].map((word) => ({
        labels: { fleet: name, type, status: word.toLowerCase() },
        value: word === status ? 1 : 0,
      })),
    ),
  );

const backOffSeries = ({ back_offs }: ControllerStatus): Series[] =>
  back_offs.map(({ resource, quarantined, failures }) => ({
    labels: { resource, quarantined: String(quarantined) },
    value: failures,
  }));

const suspendedSeries = ({ suspensions }: ControllerStatus): Series[] =>
  suspensions.map(({ kind, name }) => ({ labels: { kind, name }, value: 1 }));

const lastPassSeries = ({ last_pass }: ControllerStatus): Series[] =>
  last_pass === null ? [] : [{ labels: {}, value: Date.parse(last_pass.at) / 1000 }];
