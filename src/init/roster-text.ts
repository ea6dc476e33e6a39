import type { Beginning } from './beginning.ts';

/** The text of a preset with what was asked for in its places; comments and order stay. */
export function rosterText(preset: string, beginning: Beginning): string {
  return preset
    .split('\n')
    .flatMap((line) => lineOf(line, beginning))
    .join('\n');
}

function lineOf(line: string, beginning: Beginning): readonly string[] {
  const { fleet, host, runtime, workingDirectory } = beginning;
  if (line.startsWith('fleet:')) return [`fleet: ${fleet}`];
  if (line.startsWith('# host:') && host !== null)
    return [`host: ${/^[a-z][a-z0-9-]*$/.test(host) ? host : JSON.stringify(host)}`];
  // What belongs to the whole fleet stands before its agents.
  if (/^(defaults|agents):/.test(line)) return [...connectorBlock(beginning, line), line];
  if (runtime !== null && /^\s+(- )?runtime:/.test(line))
    return [
      line.replace(/(runtime: )(\S+ *)/, (_, key: string, said: string) =>
        `${key}${runtime}`.padEnd(said.endsWith(' ') ? key.length + said.length : 0),
      ),
    ];
  // Models are named in the spelling of the preset's runtime.
  if (runtime !== null && /^\s+model_hint:/.test(line)) return [];
  if (/^\s+working_directory:/.test(line)) return placeLine(line, workingDirectory);
  return [line];
}

const placeLine = (line: string, workingDirectory: Beginning['workingDirectory']): readonly string[] => {
  if (workingDirectory === 'preset') return [line];
  return workingDirectory === null
    ? []
    : [line.replace(/(working_directory: ).*/, (_, key: string) => key + JSON.stringify(workingDirectory))];
};

/** Before `defaults`, or before `agents` where a preset has no defaults. */
function connectorBlock({ connector, profile }: Beginning, line: string): readonly string[] {
  const isPlace = line.startsWith(profile === 'minimal' ? 'agents:' : 'defaults:');
  if (connector.kind === 'tmux' || !isPlace) return [];
  const settings = Object.entries(connector.settings).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`);
  return [
    'connector:',
    `  kind: ${connector.kind}`,
    `  operators: ${JSON.stringify(connector.operators)}   # who may speak to the fleet: ids that never change`,
    `  ${connector.kind}:`,
    ...settings,
    '',
  ];
}
