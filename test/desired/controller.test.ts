import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { controllerFiles } from '../../src/desired/controller.ts';
import { markerOf } from '../../src/host/marker.ts';
import { readShipped } from '../../src/host/shipped.ts';
import { desired, facts, fileOf } from './sample.ts';

const { controller } = readShipped(new URL('../..', import.meta.url).pathname);
const key = 'units/mosaic-controller.service';
const unitIn = (env: Readonly<Record<string, string>>, more: Partial<typeof facts> = {}): string =>
  controllerFiles(controller, { ...facts, ...more }, env).get(key)?.text ?? '';
const variables = (text: string): readonly string[] => text.split('\n').filter((line) => line.startsWith('Environment="'));

test('the unit has no placeholder left, is marked as ours, and starts the launcher', () => {
  const text = unitIn({});
  expect(text).not.toMatch(/@[A-Z_]+@/);
  expect(markerOf(key, text)).toEqual({ ours: true, format: '1.0' });
  expect(text).toContain(`\nExecStart="${facts.mosaicHome}/fleet/bin/muster" run\n`);
});

test('the launcher is the one that agents have: an apply does not write it anew', () => {
  const launcher = controllerFiles(controller, facts, {}).get('bin/muster');
  expect(launcher).toEqual(desired().files.get('bin/muster'));
  expect(launcher?.text).toBe(fileOf(desired(), 'bin/muster'));
});

describe('variables that move our directories go into the unit', () => {
  const home = facts.home;
  test.each([
    [{}, []],
    [{ MOSAIC_HOME: `${home}/.config/mosaic`, XDG_CONFIG_HOME: `${home}/.config/`, XDG_STATE_HOME: `${home}/.local/state` }, []],
    [{ XDG_STATE_HOME: '/srv/state' }, ['Environment="XDG_STATE_HOME=/srv/state"']],
    [{ XDG_CONFIG_HOME: 'relative', PATH: '/usr/bin', TOKEN: 'secret' }, []],
    [
      { MOSAIC_HOME: '/srv/a "b" 100%', XDG_CONFIG_HOME: '/srv/$HOME/./c' },
      ['Environment="MOSAIC_HOME=/srv/a \\"b\\" 100%%"', 'Environment="XDG_CONFIG_HOME=/srv/$HOME/c"'],
    ],
  ] satisfies readonly (readonly [Readonly<Record<string, string>>, readonly string[]])[])('%j', (env, expected) => {
    expect(variables(unitIn(env))).toEqual(expected);
  });
});

test('what is to be a watchdog gets its word in time, and a wrong configuration is not tried again', () => {
  const template = readFileSync(new URL('../../units/mosaic-controller.service', import.meta.url), 'utf8');
  expect(template).toMatch(/^Type=notify$/m);
  expect(template).toMatch(/^WatchdogSec=90s$/m);
  expect(template).toMatch(/^RestartPreventExitStatus=78$/m);
});
