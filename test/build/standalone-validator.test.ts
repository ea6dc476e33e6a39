import { readFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { validateConfig } from '../../src/config/validator.ts';
import { type SchemaValidator, validateRoster } from '../../src/roster/validator.ts';

// Plain JavaScript without types: the build runs before anything is compiled.
const { validatorCode }: { validatorCode: (schema: object, name: string) => string } = await import(
  new URL('../../.build/standalone-validator.js', import.meta.url).href
);

const generated = load('roster.schema.json');
const generatedConfig = load('controller.schema.json');

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

test.each<{ story: string; data: unknown }>([
  { story: 'nothing but defaults', data: {} },
  { story: 'a list', data: [] },
  {
    story: 'much',
    data: { ref: 'main', remote: { url: '/srv' }, signatures: { format: 'gpg', home: '~/k' }, hook: ['/bin/true'] },
  },
  { story: 'two repositories', data: { repository: '/srv', remote: { url: '/srv' } } },
  {
    story: 'wrong values',
    data: { ref: '-x', resync: '5', metrics: 7, hook: [], rosters: '..', format_version: '2.0', more: 1 },
  },
  { story: 'signatures of two formats', data: { signatures: { format: 'ssh', home: '/k' } } },
])('the bundled validator of settings judges $story as the one that it replaces', ({ data }) => {
  expect(withoutMessages(generatedConfig(data))).toEqual(withoutMessages(validateConfig(data)));
});

function withoutMessages({ ok, errors }: ReturnType<SchemaValidator>) {
  return {
    ok,
    errors: errors.map(({ instancePath, keyword, params, propertyName }) => ({ instancePath, keyword, params, propertyName })),
  };
}

function load(file: string): SchemaValidator {
  const schema: object = JSON.parse(readFileSync(new URL(`../../rosters/${file}`, import.meta.url), 'utf8'));
  const stdin = { contents: validatorCode(schema, 'judge'), resolveDir: new URL('../..', import.meta.url).pathname };
  const { outputFiles } = buildSync({
    stdin,
    bundle: true,
    format: 'iife',
    globalName: 'bundled',
    platform: 'node',
    write: false,
  });
  return new Function(`${outputFiles[0]?.text}; return bundled.judge;`)();
}
