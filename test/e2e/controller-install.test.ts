import { describe, expect } from 'vitest';
import { configure, controlled, expectFleet, InstalledController } from './controller.ts';
import { roster, small } from './rosters.ts';
import { story } from './story.ts';

const config = '.config/mosaic/fleet/controller.yaml';
const unit = '.config/systemd/user/mosaic-controller.service';

describe('install', () => {
  story('beside a controller in a terminal says so, and does nothing', async (host) => {
    const { controller } = await controlled(host, small);
    const refused = await host.muster(['install']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('error[apply/locked]');
    expect([await host.readFile(config), await host.readFile(unit)]).toEqual([null, null]);
    await controller.stop();
    expect((await host.muster(['install'])).status).toBe(0);
  });

  story('with a configuration that says how and not what adds what is followed', async (host) => {
    const commit = await host.commit({ 'rosters/coding.yaml': roster(small, {}) });
    const mine = '# mine\nhealth: { deadline: 4s, stable: 1s }';
    await host.writeFiles({ [config]: mine });
    const controller = await InstalledController.install(host);
    await controller.applied(commit);
    await expectFleet(host, small);
    const text = (await host.readFile(config)) ?? '';
    expect(text.startsWith(`${mine}\n`)).toBe(true);
    expect(text).toContain(`repository: ${host.home}/fleet`);
    expect((await host.muster(['install'])).stderr).not.toContain('✓');
  });

  story('in a repository beside the one that is followed says which that is, and does nothing', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small, {}) });
    await host.writeFiles({ [config]: `repository: ${host.home}/elsewhere\n` });
    const refused = await host.muster(['install']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('error[config/value]');
    expect(refused.stderr).toContain(`${host.home}/elsewhere`);
    expect(await host.readFile(unit)).toBeNull();
  });

  story('with one to which nothing can be added says what to add', async (host) => {
    await host.commit({ 'rosters/coding.yaml': roster(small, {}) });
    await configure(host, { notes: true });
    const refused = await host.muster(['install']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('error[config/value]');
    expect(refused.stderr).toContain(`repository: ${host.home}/fleet`);
    expect([await host.readFile(config), await host.readFile(unit)]).toEqual(['{"notes":true}\n', null]);
  });
});
