import { readFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { type SchemaValidator, validateRoster } from '../../src/roster/validator.ts';

// Plain JavaScript without types: the build runs before anything is compiled.
const { validatorCode }: { validatorCode: (schema: object) => string } = await import(
  new URL('../../.build/standalone-validator.js', import.meta.url).href
);

const generated = load(
  validatorCode(JSON.parse(readFileSync(new URL('../../rosters/roster.schema.json', import.meta.url), 'utf8'))),
);

test.each<{ story: string; data: unknown }>([
  { story: 'a roster', data: { version: 1, agents: [{ name: 'a' }] } },
  { story: 'nothing', data: null },
  { story: 'a list', data: [] },
  { story: 'unknown keys', data: { version: 1, agent: [], agents: [{ nam: 'x', resources: { memory: 1 } }] } },
  { story: 'wrong types', data: { version: '1', host: 7, agents: { name: 'x' }, tmux: [], defaults: 'pi' } },
  {
    story: 'wrong values',
    data: { version: 2, fleet: '../x', agents: [{ name: 'A b', state: 'on', env: { '1x': 'y' }, resources: { cpu_weight: 0 } }] },
  },
  { story: 'runtimes', data: { version: 1, runtimes: { 'X!': { args: [1], env: { A: '\u0000' } } }, agents: [] } },
  { story: 'connectors', data: { version: 1, connector: { kind: 'matrix', discord: {} }, agents: [] } },
  { story: 'text beyond the basic plane', data: { version: 1, agents: [{ name: 'a', model_hint: '\u{1f600}'.repeat(200) }] } },
])('the bundled validator judges $story as the one that it replaces', ({ data }) => {
  expect(withoutMessages(generated(data))).toEqual(withoutMessages(validateRoster(data)));
});

function withoutMessages({ ok, errors }: ReturnType<SchemaValidator>) {
  return {
    ok,
    errors: errors.map(({ instancePath, keyword, params, propertyName }) => ({ instancePath, keyword, params, propertyName })),
  };
}

function load(code: string): SchemaValidator {
  const stdin = { contents: code, resolveDir: new URL('../..', import.meta.url).pathname };
  const { outputFiles } = buildSync({
    stdin,
    bundle: true,
    format: 'iife',
    globalName: 'bundled',
    platform: 'node',
    write: false,
  });
  return new Function(`${outputFiles[0]?.text}; return bundled.validateRoster;`)();
}
