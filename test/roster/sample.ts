import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseRoster } from '../../src/roster/parse.ts';
import { readPlainYaml } from '../../src/roster/plain-yaml.ts';
import { readYaml } from '../../src/roster/read-yaml.ts';
import { validateRoster } from '../../src/roster/validator.ts';
import type { YamlReader } from '../../src/roster/yaml-reader.ts';

export const shipped = (path: string): string => fileURLToPath(new URL(`../../rosters/${path}`, import.meta.url));

export const preset = (name: string): string => readFileSync(shipped(`presets/${name}.yaml`), 'utf8');

export const yamlReader: YamlReader = (text) => {
  const root = readPlainYaml(text);
  return root === null ? readYaml(text) : { root, problems: [] };
};

export const parse = (text: string, file = 'rosters/coding.yaml') => parseRoster(file, text, validateRoster, yamlReader);

/** `code line:column summary`, one line per finding. */
export const told = (text: string, file?: string): string[] =>
  parse(text, file).diagnostics.map(({ code, place, summary }) => `${code} ${place?.line}:${place?.column} ${summary}`);

/** A roster of two agents that is right, with lines of a test's own above the agents. */
export const rosterWith = (lines = '', agentLines = ''): string => `version: 1
${lines}
agents:
  - { name: orchestrator, runtime: claude, class: orchestrator }
  - { name: enhancer, runtime: claude, class: enhancer }
${agentLines}`;
