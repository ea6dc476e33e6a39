import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentUnit, holderUnit } from '../../src/model/names.ts';
import type { ObservedUnit } from '../../src/model/observation.ts';
import { PortError, type UnitReader, type UnitWriter } from '../../src/model/ports.ts';

/** A user manager with an agent template whose instances start, and what happens to it besides Muster. */
export interface UnitsOnTrial {
  readonly reader: UnitReader;
  readonly writer: UnitWriter;
  /** Units of this agent fail to start from now on, or no longer. */
  breaks(agent: string, broken: boolean): Promise<void>;
  mask(unit: string): Promise<void>;
  enableAtRuntime(unit: string): Promise<void>;
  /** A unit file for just this instance; gives its path. */
  makeOwnFile(unit: string): Promise<string>;
  /** Writes the template anew, with another text. */
  changeTemplate(): Promise<void>;
  /** Takes the template away. */
  removeTemplate(): Promise<void>;
  close(): Promise<void>;
}

export function unitsContract(make: () => Promise<UnitsOnTrial>): void {
  let host: UnitsOnTrial;
  const unit = agentUnit('coder0');
  const look = async (name = unit): Promise<ObservedUnit | undefined> => (await host.reader.list())[name];
  const refusal = (run: Promise<unknown>): Promise<PortError> =>
    run.then(
      () => new Error('it went well'),
      (error) => error,
    );

  beforeEach(async () => {
    host = await make();
  });
  afterEach(() => host.close());

  test('what nobody made or enabled is not there', async () => {
    expect(await look()).toBeUndefined();
  });

  describe('what the manager has loaded', () => {
    test('is what is on disk, after a reload and a start', async () => {
      await host.writer.reload();
      await host.writer.start(unit);
      expect(await host.reader.needsReload()).toBe(false);
    });

    test('is older than a unit file that was changed, until the next reload', async () => {
      await host.writer.start(unit);
      await host.writer.reload();
      await host.changeTemplate();
      expect(await host.reader.needsReload()).toBe(true);
      await host.writer.reload();
      expect(await host.reader.needsReload()).toBe(false);
    });
  });

  describe('start, stop, restart', () => {
    test('a started unit is active, with the invocation of this run', async () => {
      expect(await host.writer.start(unit)).toBe('done');
      expect(await look()).toMatchObject({ load: 'loaded', active: 'active', sub: 'running', enablement: 'disabled' });
      expect((await look())?.invocation).toMatch(/^[0-9a-f]{32}$/);
    });

    test('starting again does nothing, restarting makes a new run', async () => {
      await host.writer.start(unit);
      const first = (await look())?.invocation;
      expect(await host.writer.start(unit)).toBe('done');
      expect((await look())?.invocation).toBe(first);
      expect(await host.writer.restart(unit)).toBe('done');
      expect((await look())?.invocation).toMatch(/^[0-9a-f]{32}$/);
      expect((await look())?.invocation).not.toBe(first);
    });

    test('a stopped unit has no invocation', async () => {
      await host.writer.start(unit);
      expect(await host.writer.stop(unit)).toBe('done');
      expect((await look())?.active ?? 'inactive').toBe('inactive');
      expect((await look())?.invocation ?? '').toBe('');
    });

    test('stopping what does not run is done already', async () => {
      expect(await host.writer.stop(agentUnit('nobody'))).toBe('done');
    });

    test('a unit that cannot start is failed, until that is reset', async () => {
      await host.breaks('coder0', true);
      expect(await host.writer.start(unit)).toBe('failed');
      expect(await look()).toMatchObject({ active: 'failed', invocation: '' });
      await host.writer.resetFailed(unit);
      expect((await look())?.active ?? 'inactive').toBe('inactive');
      await host.breaks('coder0', false);
      expect(await host.writer.start(unit)).toBe('done');
    });

    test('there is nothing to reset at a unit that nobody knows', async () => {
      await host.writer.resetFailed(agentUnit('nobody'));
    });

    test('without a unit file a start fails', async () => {
      await host.removeTemplate();
      expect(await refusal(host.writer.start(unit))).toMatchObject({ kind: 'failed', message: expect.stringContaining(unit) });
    });

    test('many at once each get their own result, and all of them are listed', async () => {
      await host.breaks('a7', true);
      const agents = Array.from({ length: 40 }, (_, index) => `a${index}`);
      const results = await Promise.all(agents.map((agent) => host.writer.start(agentUnit(agent))));
      expect(results.map((result, index) => [agents[index], result])).toEqual(
        agents.map((agent) => [agent, agent === 'a7' ? 'failed' : 'done']),
      );
      const units = await host.reader.list();
      expect(agents.map((agent) => units[agentUnit(agent)]?.active)).toEqual(
        agents.map((agent) => (agent === 'a7' ? 'failed' : 'active')),
      );
      expect(new Set(Object.values(units).flatMap(({ invocation }) => invocation || [])).size).toBeGreaterThanOrEqual(39);
    });
  });

  describe('enablement', () => {
    test('an enabled unit that was never started is listed: a ghost', async () => {
      await host.writer.enable([unit, agentUnit('coder1')]);
      expect(await look()).toMatchObject({ active: 'inactive', enablement: 'enabled' });
      expect(await look(agentUnit('coder1'))).toMatchObject({ active: 'inactive', enablement: 'enabled' });
    });

    test('a disabled one is gone, or says so', async () => {
      await host.writer.enable([unit]);
      await host.writer.start(unit);
      await host.writer.disable([unit]);
      expect(await look()).toMatchObject({ active: 'active', enablement: 'disabled' });
      await host.writer.stop(unit);
      expect((await look())?.enablement ?? 'disabled').toBe('disabled');
    });

    test('enabling twice and disabling twice is done already; no units are no work', async () => {
      await host.writer.enable([unit]);
      await host.writer.enable([unit]);
      expect((await look())?.enablement).toBe('enabled');
      await host.writer.disable([unit]);
      await host.writer.disable([unit]);
      expect((await look())?.enablement ?? 'disabled').toBe('disabled');
      await host.writer.enable([]);
      await host.writer.disable([]);
    });

    test('enablement that ends with the boot is told apart, made lasting by enable, and taken away by disable', async () => {
      await host.enableAtRuntime(unit);
      expect((await look())?.enablement).toBe('enabled-runtime');
      await host.writer.enable([unit]);
      expect((await look())?.enablement).toBe('enabled');
      await host.writer.disable([unit]);
      expect((await look())?.enablement ?? 'disabled').toBe('disabled');
    });

    test('a ghost can be disabled when its template has gone', async () => {
      await host.writer.enable([unit]);
      await host.removeTemplate();
      expect((await look())?.enablement).toBe('enabled');
      await host.writer.disable([unit]);
      expect((await look())?.enablement ?? 'disabled').toBe('disabled');
    });

    test('enabling without a unit file fails', async () => {
      await host.removeTemplate();
      expect(await refusal(host.writer.enable([unit]))).toBeInstanceOf(PortError);
      expect(await look()).toBeUndefined();
    });
  });

  test('a masked unit is listed as such, and neither started nor enabled', async () => {
    await host.mask(unit);
    expect(await look()).toMatchObject({ active: 'inactive', enablement: 'masked' });
    expect(await refusal(host.writer.start(unit))).toMatchObject({ kind: 'refused', message: expect.stringContaining('masked') });
    expect(await refusal(host.writer.enable([unit]))).toMatchObject({ kind: 'refused' });
    expect((await look())?.enablement).toBe('masked');
  });

  test('a unit file made for one instance is named', async () => {
    const file = await host.makeOwnFile(unit);
    await host.writer.start(unit);
    await host.writer.start(agentUnit('coder1'));
    expect((await look())?.ownFile).toBe(file);
    expect((await look(agentUnit('coder1')))?.ownFile).toBeUndefined();
  });

  test('after a reload everything is as before', async () => {
    await host.writer.enable([unit, agentUnit('coder1')]);
    await host.writer.start(unit);
    const { [unit]: before } = await host.reader.list();
    await host.writer.reload();
    const after = await host.reader.list();
    expect(after[unit]).toEqual(before);
    expect(after[agentUnit('coder1')]).toMatchObject({ active: 'inactive', enablement: 'enabled' });
  });

  test('details are of units that are in memory, and of no other', async () => {
    await host.writer.start(unit);
    const details = await host.reader.details([unit, agentUnit('nobody'), holderUnit]);
    expect(details[unit]).toMatchObject({ restarts: 0, since: expect.any(Number) });
    expect(details[unit]?.since).toBeGreaterThan(1_600_000_000_000_000);
    expect(details[agentUnit('nobody')]).toBeUndefined();
    expect(await look(agentUnit('nobody'))).toBeUndefined();
  });

  test('the environment of the user manager has a PATH', async () => {
    expect((await host.reader.environment()).PATH).toMatch(/^\//);
  });
}
