import { readdirSync, readFileSync } from 'node:fs';
import { type AdmissionInput, admit } from '../../src/admission/admit.ts';
import type { RosterSet } from '../../src/model/roster.ts';
import { readRosterSet } from '../../src/roster/read.ts';
import { validateRoster } from '../../src/roster/validator.ts';
import { shipped, yamlReader } from '../roster/sample.ts';
import { local, roomy } from './terms.ts';

const shippedRoles = Object.fromEntries(
  readdirSync(shipped('roles')).map((file) => [file.replace('.md', ''), readFileSync(shipped(`roles/${file}`), 'utf8')]),
);

/** A set of rosters by file name, with the shipped role library. */
export function setOf(texts: Readonly<Record<string, string>>): RosterSet {
  const rosters = Object.entries(texts).map(([name, text]) => ({ file: `rosters/${name}.yaml`, text }));
  return readRosterSet({ rosters, roles: [], diagnostics: [] }, shippedRoles, validateRoster, yamlReader);
}

export const here = { host: 'w-jarvis', tenant: 'jason' };

export function judge(texts: Readonly<Record<string, string>>, more: Partial<AdmissionInput> = {}) {
  return admit({ set: setOf(texts), scope: here, connectors: [local, roomy('irc')], previous: null, consents: [], ...more });
}

/** `severity code file:line summary`, one line per finding. */
export const said = (admission: ReturnType<typeof judge>): string[] =>
  admission.diagnostics.map(({ severity, code, place, summary }) => {
    const where = place ? `${place.file.replace(/^rosters\/|\.yaml$/g, '')}:${place.line} ` : '';
    return `${severity === 'error' ? '' : `${severity} `}${code} ${where}${summary}`;
  });

/** Six lines, then agents from line 7 on; names begin with a prefix so that several rosters fit on one host. */
export const fleet = (prefix: string, head = '', agents = ''): string => `version: 1
${head}
defaults: { runtime: stub }
agents:
  - { name: ${prefix}-orchestrator, class: orchestrator }
  - { name: ${prefix}-enhancer, class: enhancer }
${agents}`;
