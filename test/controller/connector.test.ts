import { afterEach, describe, expect, test, vi } from 'vitest';
import { agentUnit, connectorUnit } from '../../src/model/names.ts';
import type { ObservedConnector } from '../../src/model/observation.ts';
import { small } from '../apply/scenes.ts';
import { type Stage, settled } from './stage.ts';

afterEach(() => void vi.unstubAllGlobals());

const unit = connectorUnit('coding');
const spec = 'connectors/coding.json';

const tells = ({ machine }: Stage, change: Partial<ObservedConnector>): void => {
  const told = machine.connectors.get('coding');
  if (told === undefined) throw new Error('the connector does not run');
  machine.connectors.set('coding', { ...told, ...change });
};
const problem = (reason: string) => ({ reason, blocking: true, detail: 'it is so', remedy: 'mend it' });

describe('what befalls a connector is healed, and nobody else is touched', () => {
  const rows: readonly (readonly [string, (stage: Stage) => void, readonly string[]])[] = [
    ['stopped', ({ machine }) => machine.stop(unit), ['start mosaic-connector@coding']],
    ['disabled', ({ machine }) => machine.enabled.delete(unit), ['enable mosaic-connector@coding', 'reload']],
    ['its file edited', ({ machine }) => machine.files.set(spec, { text: '{}', mode: 0o600 }), [`write ${spec}`]],
  ];
  test.each(rows)('%s', async (_story, harm, deeds) => {
    const stage = await settled();
    harm(stage);
    await stage.look();
    expect(stage.deeds()).toEqual(deeds);
    expect(stage.condition('Reconciled')).toBe('True UpToDate');
    expect(stage.condition('ConnectorReady')).toBe('True Ready');
  });
});

describe('how it is, is told', () => {
  const rows: readonly (readonly [string, (stage: Stage) => void])[] = [
    ['True Ready', (stage) => tells(stage, { problems: [{ ...problem('outcome-unknown'), blocking: false }] })],
    ['False Unreachable', (stage) => tells(stage, { healthy: false, problems: [problem('unreachable')] })],
    ['False HandOverFailing', (stage) => tells(stage, { healthy: false, problems: [problem('hand-over-failing')] })],
    ['Unknown Silent', (stage) => tells(stage, { fresh: false })],
    ['Unknown Unreadable', (stage) => stage.hide('files.connectors', 'no permission')],
    ['False Masked', ({ machine }) => void machine.masked.add(unit)],
    [
      'False OrchestratorDown',
      ({ machine }) => {
        machine.breaking.add(agentUnit('boss'));
        machine.stop(agentUnit('boss'));
      },
    ],
  ];
  test.each(rows)('%s', async (condition, happen) => {
    const stage = await settled();
    happen(stage);
    await stage.look();
    expect(stage.condition('ConnectorReady')).toBe(condition);
  });
});

test('one that cannot live backs off, and is quarantined; a new revision tries it at once', async () => {
  const stage = await settled();
  stage.machine.breaking.add(unit);
  stage.machine.stop(unit);
  await stage.look();
  expect(stage.condition('ConnectorReady')).toBe('False Failed');
  await stage.wait(300_000);
  expect(stage.deeds().filter((deed) => deed === 'start mosaic-connector@coding')).toHaveLength(6);
  expect(stage.status?.back_offs).toMatchObject([{ resource: unit, failures: 6, quarantined: true }]);
  expect(stage.living()).toEqual(['boss', 'coder0', 'muse']);
  stage.machine.breaking.delete(unit);
  stage.commit({ coding: { ...small, coder1: 'implementer' } });
  await stage.look('revision');
  expect(stage.condition('ConnectorReady')).toBe('True Ready');
});

test('one that only a person can mend is not tried again until something changes', async () => {
  const stage = await settled();
  stage.machine.crashing.set(unit, 78);
  stage.machine.settle();
  await stage.look();
  await stage.wait(3_600_000);
  expect(stage.deeds().filter((deed) => deed.startsWith('start '))).toEqual([]);
  expect(stage.status?.back_offs).toMatchObject([{ resource: unit, quarantined: true, until: null }]);
});

test('of a fleet that is suspended it stays as it is', async () => {
  const stage = await settled();
  stage.request({ kind: 'fleet', name: 'coding', until: null });
  stage.machine.stop(unit);
  await stage.look();
  expect(stage.deeds()).toEqual([]);
  expect(stage.condition('ConnectorReady')).toBe('False Stopped');
});

test('its end is told once, with its cause', async () => {
  const stage = await settled();
  stage.machine.stop(unit);
  await stage.look();
  const seen = stage.store.entries.flatMap((entry) => (entry.kind === 'pass' ? entry.seen : []));
  expect(seen.filter((one) => one.unit === unit)).toMatchObject([{ name: 'coding', cause: 'stopped-by-hand' }]);
});

test('a fleet that leaves takes it along, before its orchestrator', async () => {
  const stage = await settled();
  stage.commit({ other: { chief: 'orchestrator', aide: 'enhancer' } }, { trailers: ['coding'] });
  await stage.look('revision');
  await stage.wait(60_000);
  const deeds = stage.deeds();
  expect(deeds.indexOf('stop mosaic-connector@coding')).toBeLessThan(deeds.indexOf('stop boss'));
  expect(deeds).toContain(`remove ${spec}`);
  expect(deeds).toContain('start mosaic-connector@other');
  expect(stage.machine.runs.get(unit)?.active).not.toBe('active');
});
