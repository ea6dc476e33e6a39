import type { Histogram } from '../model/control.ts';

/** One metric with all its series, as Prometheus' text format has it (version 0.0.4). */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly series: readonly Series[];
}

export interface Series {
  readonly labels: Labels;
  readonly value: number | Histogram;
}

type Labels = Readonly<Record<string, string>>;

/** Metrics without a series are left out. Every line ends with a line break. */
export const exposition = (metrics: readonly Metric[]): string =>
  metrics
    .filter(({ series }) => series.length > 0)
    .map(textOf)
    .join('');

function textOf({ name, help, type, series }: Metric): string {
  const head = [`# HELP ${name} ${escaped(help, /[\\\n]/g)}`, `# TYPE ${name} ${type}`];
  const samples = series.flatMap(({ labels, value }) =>
    typeof value === 'number' ? [sample(name, labels, value)] : histogramLines(name, labels, value),
  );
  return `${[...head, ...samples].join('\n')}\n`;
}

function histogramLines(name: string, labels: Labels, { buckets, sum, count }: Histogram): string[] {
  const finite = buckets.filter(({ le }) => Number.isFinite(le));
  return [
    ...finite.map((bucket) => sample(`${name}_bucket`, { ...labels, le: number(bucket.le) }, bucket.count)),
    sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    sample(`${name}_sum`, labels, sum),
    sample(`${name}_count`, labels, count),
  ];
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text, /[\\\n"]/g)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number(value)}`;
}

const escaped = (text: string, signs: RegExp): string => text.replace(signs, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`));

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
