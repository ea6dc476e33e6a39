import { describe, expect } from 'vitest';
import type { ConnectorSpec } from '../../src/model/connector-spec.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Status, StatusConnector } from '../../src/model/status.ts';
import { controlled, deeds, finish, historyOf } from './controller.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { floor, roster } from './rosters.ts';
import { expectConverged, expectFloor, running, story } from './story.ts';

const unit = 'mosaic-connector@coding.service';
const spec = '.config/mosaic/fleet/connectors/coding.json';

const propertiesOf = async (host: PrivateHost): Promise<Readonly<Record<string, string>>> => {
  const shown = await host.must(['systemctl', '--user', 'show', unit, '-p', 'ActiveState,InvocationID,MainPID,UnitFileState']);
  return Object.fromEntries(shown.split('\n').map((line) => line.split('=', 2)));
};

const channel = async (host: PrivateHost): Promise<StatusConnector | undefined> =>
  (await host.json<Status>(['ps'])).fleets.find(({ name }) => name === 'coding')?.connector_status;

/** Another run than that one, and messages get through. Gives that run. */
const ready = (host: PrivateHost, before = ''): Promise<string> =>
  host.waitFor('the connector to be ready', async () => {
    const { InvocationID: run = '', ActiveState: state } = await propertiesOf(host);
    return state === 'active' && run !== before && (await channel(host))?.state === 'ready' && run;
  });

const planned = async (host: PrivateHost): Promise<readonly string[]> =>
  (await host.json<Plan>(['plan'])).actions.filter(({ verb }) => verb !== 'reload').map(({ id, reason }) => `${id}: ${reason}`);

describe('the connector of a fleet', () => {
  story('comes with its fleet, is healed, changes, and goes, and nobody else is disturbed', async (host) => {
    const recorder = await running(host, floor);
    const first = await ready(host);
    expect(await propertiesOf(host)).toMatchObject({ ActiveState: 'active', UnitFileState: 'enabled' });
    expect((await host.must(['stat', '-c', '%a', spec])).trim()).toBe('600');
    await expectConverged(host);
    const lives = await Promise.all(Object.keys(floor).map((name) => host.unit(name)));

    const { MainPID: pid } = await propertiesOf(host);
    await host.kill(Number(pid));
    const second = await ready(host, first);
    expect(await planned(host), 'systemd brought it back').toEqual([]);

    await host.must(['systemctl', '--user', 'stop', unit]);
    expect(await planned(host)).toEqual([`start ${unit}: drifted`]);
    expect((await channel(host))?.state).toBe('stopped');
    await host.apply();
    const third = await ready(host, second);

    await host.must(['sh', '-c', `sed -i s/orchestrator/nobody/ ${spec}`]);
    expect(await planned(host)).toEqual(['write connectors/coding.json: drifted']);
    await host.apply();

    await host.commit({ 'rosters/coding.yaml': roster(floor, { connector: { kind: 'tmux', operators: ['jason'] } }) });
    expect(await planned(host)).toEqual(['write connectors/coding.json: config-changed', `restart ${unit}: config-changed`]);
    await host.apply();
    await ready(host, third);
    expect((JSON.parse((await host.readFile(spec)) ?? '') as ConnectorSpec).operators).toEqual(['jason']);
    expect(await Promise.all(Object.keys(floor).map((name) => host.unit(name)))).toEqual(lives);
    await expectConverged(host);
    await expectFloor(recorder);

    await host.commit({ 'rosters/coding.yaml': roster({ enhancer: 'enhancer' }, { profile: 'minimal' }) });
    await host.apply();
    expect(await propertiesOf(host)).toMatchObject({ ActiveState: 'inactive' });
    expect(await host.readFile(spec)).toBeNull();
    expect((await channel(host))?.state).toBe('none');
    expect((await host.systemctl('is-enabled', unit)).stdout.trim()).not.toBe('enabled');
    await expectConverged(host);
  });

  story('is there after a reboot, and after the power was lost', async (host) => {
    await running(host, floor);
    const first = await ready(host);
    await host.reboot();
    const second = await ready(host, first);
    await host.powerLoss();
    await ready(host, second);
    await expectConverged(host);
  });

  story('outlives a handover of its orchestrator, and then serves the next one', async (host) => {
    const recorder = await running(host, floor);
    const before = await ready(host);
    await host.commit({ 'rosters/coding.yaml': roster({ chief: 'orchestrator', enhancer: 'enhancer' }) });
    const ids = (await planned(host)).map((line) => line.split(':')[0]);
    expect(ids.indexOf(`restart ${unit}`)).toBeGreaterThan(ids.indexOf(`start ${unitOf('chief')}`));
    await recorder.phase('handover', {
      orchestrator: { fleet: 'coding', class: 'orchestrator' },
      chief: { fleet: 'coding', class: 'orchestrator' },
      enhancer: { fleet: 'coding', class: 'enhancer' },
    });
    await host.apply();
    await ready(host, before);
    expect((JSON.parse((await host.readFile(spec)) ?? '') as ConnectorSpec).orchestrator).toBe('chief');
    await expectConverged(host);
  });

  story('of another kind takes the place of the former, and what is queued goes on with the next', async (host) => {
    const recorder = await running(host, floor);
    const first = await ready(host);
    const lives = await Promise.all(Object.keys(floor).map((name) => host.unit(name)));
    // Nobody answers there.
    const matrix = { homeserver_url: 'http://127.0.0.1:1', user_id: '@mos:h', room_id: '!room:h' };
    const connector = { kind: 'matrix', operators: ['@jason:h'], matrix };
    await host.commit({ 'rosters/coding.yaml': roster(floor, { host: 'h', connector }) });
    expect(await planned(host)).toEqual(expect.arrayContaining([`restart ${unit}: connector-switched`]));
    await host.apply();
    await host.waitFor('the new one to be not well', async () => (await channel(host))?.state === 'unhealthy');
    const { diagnostics, actions } = await host.json<Plan>(['plan']);
    expect(actions).toEqual([]);
    expect(diagnostics.map(({ code }) => code)).toContain('connector/unhealthy');
    expect((await host.muster(['say', '--fleet', 'coding', 'kept for the next'])).status).toBe(0);
    await host.waitFor('what is said to wait', async () => ((await channel(host))?.waiting_out ?? 0) > 0);
    await host.commit({ 'rosters/coding.yaml': roster(floor) });
    await host.apply();
    await ready(host, first);
    const chat = () => host.run(['sh', '-c', 'cat .local/state/mosaic/*/connectors/coding/tmux/*']);
    await host.waitFor('it to be said', async () => (await chat()).stdout.includes('kept for the next'));
    expect(await Promise.all(Object.keys(floor).map((name) => host.unit(name)))).toEqual(lives);
    await expectConverged(host);
    await expectFloor(recorder);
  });

  story('is healed by the controller, which tells how it is', async (host) => {
    const run = await controlled(host, floor);
    const isReady =
      (reason: string) => (status: { fleets: readonly { conditions: readonly { type: string; reason: string }[] }[] }) =>
        status.fleets.some(({ conditions }) => conditions.some((one) => one.type === 'ConnectorReady' && one.reason === reason));
    await run.controller.told('that the connector is ready', isReady('Ready'));
    const first = await ready(host);
    await host.must(['systemctl', '--user', 'disable', '--now', unit]);
    await ready(host, first);
    expect((await propertiesOf(host)).UnitFileState).toBe('enabled');
    await run.controller.told('that it is ready again', isReady('Ready'));
    await host.must(['systemctl', '--user', 'mask', '--now', unit]);
    await run.controller.told('that it is masked', isReady('Masked'));
    await host.must(['systemctl', '--user', 'unmask', unit]);
    await run.controller.told('that it is ready once more', isReady('Ready'));
    await finish(run);
    expect(deeds(await historyOf(host)).map(({ id }) => id)).toContain(`start ${unit}`);
  });
});
