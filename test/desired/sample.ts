import { composeDesired } from '../../src/desired/compose.ts';
import { readShipped } from '../../src/host/shipped.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { HostFacts } from '../../src/model/observation.ts';
import type { RoleDocument, Roster } from '../../src/model/roster.ts';
import { setOf } from '../admission/judge.ts';

export const facts: HostFacts = {
  host: 'w-jarvis',
  tenant: 'jason',
  home: '/home/jason',
  mosaicHome: '/home/jason/.config/mosaic',
  stateDir: '/home/jason/.local/state/mosaic/0',
  launcher: ['/usr/bin/node', '/opt/muster/dist/main.js'],
};

export const { templates } = readShipped(new URL('../..', import.meta.url).pathname);

export interface Sample {
  readonly rosters: readonly Roster[];
  readonly roles: Readonly<Record<string, RoleDocument>>;
}

/** Rosters by file name; a test that writes a wrong one learns why at once. */
export function sample(texts: Readonly<Record<string, string>>): Sample {
  const { rosters, roles, diagnostics } = setOf(texts);
  if (diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics, null, 1));
  return { rosters, roles };
}

export const desiredFrom = (given: Sample, more: Partial<HostFacts> = {}): Desired =>
  composeDesired({ ...given, facts: { ...facts, ...more }, templates });

/** A fleet with its floor; `coder` is what is written of one more agent, `head` of the roster. */
export const rosterOf = (coder: string, head = ''): string => `version: 1
${head}
agents:
  - { name: orchestrator, runtime: claude, class: orchestrator, persistent_persona: true }
  - { name: enhancer, runtime: claude, class: enhancer }
  - { name: coder0, ${coder} }
`;

export const usual = 'runtime: pi, class: implementer';

export const desired = (coder = usual, head = '', more: Partial<HostFacts> = {}): Desired =>
  desiredFrom(sample({ coding: rosterOf(coder, head) }), more);

export function fileOf({ files }: Desired, key: string): string {
  const content = files.get(key);
  if (content === undefined) throw new Error(`no file ${key}; there are ${[...files.keys()].join(', ')}`);
  return content.text;
}
