import { describe, expect } from 'vitest';
import type { Status } from '../../src/model/status.ts';
import { type PrivateHost, unitOf } from './host.ts';
import { type Agents, floor, roster, small } from './rosters.ts';
import { expectConverged, story } from './story.ts';

/** Writes down what it was started with, and stays. */
const witness = {
  text: `#!/bin/sh
mkdir -p ~/seen; cd . && { pwd; grep ^0:: /proc/self/cgroup; for a; do printf 'arg<%s>\\n' "$a"; done; } >~/seen/"$MOSAIC_AGENT"
env -0 >~/seen/"$MOSAIC_AGENT".env
exec sleep infinity
`,
  mode: 0o755,
};

async function apply(host: PrivateHost, agents: Agents, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await host.writeFiles({ '.local/bin/witness': witness });
  await host.commit({
    'rosters/coding.yaml': roster(agents, {
      ...more,
      runtimes: {
        toy: { command: 'sleep', args: ['infinity'] },
        witness: {
          command: 'witness',
          args: ['{role}', '{role_file}', '{fleet_file}', '{model}', 'a b', '$(touch pwned)', 'it\'s; "q" %h \\n'],
        },
        once: { command: 'sh', args: ['-c', 'echo run >>~/runs'] },
      },
    }),
    'rosters/roles/coder.md':
      '---\nclasses: [implementer]\n---\n# Coder\n\n"Quotes", $HOME, `ticks` and %n stay; so does a last line.\n',
  });
  await host.apply();
}

async function seen(host: PrivateHost, agent: string): Promise<{ text: string; env: Readonly<Record<string, string>> }> {
  const env = await host.waitFor(`${agent} to write down what it sees`, async () => {
    const text = await host.readFile(`seen/${agent}.env`);
    return text?.includes('MOSAIC_AGENT') && text;
  });
  const text = (await host.readFile(`seen/${agent}`)) ?? '';
  return {
    text,
    env: Object.fromEntries(
      env
        .split('\0')
        .flatMap((pair) => (pair === '' ? [] : [[pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]])),
    ),
  };
}

describe('what a roster says of an agent reaches it', () => {
  story('role, arguments, environment, directory, cgroup', async (host) => {
    await host.writeFiles({ 'src/app/.keep': '' });
    const odd = 'a b  c; $(touch pwned) `x` "q" \'p\' %h \\n é #';
    await apply(host, {
      ...floor,
      coder0: {
        class: 'implementer',
        runtime: 'witness',
        model_hint: 'vendor/model:high',
        persistent_persona: true,
        working_directory: '~/src/app',
        env: { ODD: odd, EDITOR: 'vi' },
      },
    });
    const { text, env } = await seen(host, 'coder0');
    const home = host.home;
    const role = `${home}/.config/mosaic/fleet/roles/coder.md`;
    const facts = `${home}/.config/mosaic/fleet/fleets/coding.md`;
    const told = (await host.readFile('.config/mosaic/fleet/fleets/coding.md'))?.replace(/^<!--.*\n/, '').trimEnd();
    expect(text.replace(/^0::.*$/m, (line) => (line.endsWith(`/${unitOf('coder0')}`) ? 'its own cgroup' : line))).toBe(
      [
        `${home}/src/app`,
        'its own cgroup',
        'arg<# Coder',
        '',
        '"Quotes", $HOME, `ticks` and %n stay; so does a last line.',
        '',
        `${told}>`,
        `arg<${role}>`,
        `arg<${facts}>`,
        'arg<vendor/model:high>',
        'arg<a b>',
        'arg<$(touch pwned)>',
        'arg<it\'s; "q" %h \\n>',
        '',
      ].join('\n'),
    );
    expect(env).toMatchObject({
      MOSAIC_AGENT: 'coder0',
      MOSAIC_FLEET: 'coding',
      MOSAIC_CLASS: 'implementer',
      MOSAIC_RUNTIME: 'witness',
      MOSAIC_PERSONA: 'persistent',
      MOSAIC_MODEL_HINT: 'vendor/model:high',
      MOSAIC_ROLE_FILE: role,
      MOSAIC_FLEET_FILE: facts,
      ODD: odd,
      EDITOR: 'vi',
    });
    expect(env.PATH?.split(':').slice(0, 2)).toEqual([`${home}/.config/mosaic/fleet/bin`, `${home}/.local/bin`]);
    expect(await host.readFile('pwned')).toBeNull();
  });

  story('resources are properties of its unit, and go again', async (host) => {
    const properties = ['systemctl', '--user', 'show', '-p', 'MemoryMax,TasksMax,CPUWeight', unitOf('coder0')];
    const limits = { memory_max: '1G', tasks_max: 64, cpu_weight: 50 };
    await apply(host, { ...floor, coder0: { class: 'implementer', resources: limits } });
    expect((await host.must(properties)).trim().split('\n').sort()).toEqual([
      'CPUWeight=50',
      'MemoryMax=1073741824',
      'TasksMax=64',
    ]);
    await expectConverged(host);
    await apply(host, small);
    expect(await host.must(properties)).toContain('MemoryMax=infinity');
    await expectConverged(host);
  });

  story('an ephemeral agent runs once to its end; it runs again when its configuration changes', async (host) => {
    const agents = (value: string): Agents => ({
      ...floor,
      task: { class: 'worker', runtime: 'once', lifecycle: 'ephemeral', env: { V: value } },
    });
    const runs = async (): Promise<number> => ((await host.readFile('runs')) ?? '').split('\n').length - 1;
    const completed = (): Promise<true | undefined> =>
      host
        .json<Status>(['ps'])
        .then(({ agents: all }) => all.find(({ name }) => name === 'task')?.state === 'completed' || undefined);
    await apply(host, agents('1'));
    await host.waitFor('the task to be done', completed);
    expect({ runs: await runs(), enabled: await host.enabledAgents() }).toEqual({
      runs: 1,
      enabled: ['enhancer', 'orchestrator'],
    });
    await expectConverged(host);
    await apply(host, agents('2'));
    await host.waitFor('the task to be done again', completed);
    expect(await runs()).toBe(2);
    await expectConverged(host);
  });
});

describe('secrets', () => {
  story('what apply itself was started with reaches no file, no unit, no pane', async (host) => {
    const secret = 'correct-horse-battery-staple-93';
    await host.commit({ 'rosters/coding.yaml': roster(small) });
    const { status, stdout, stderr } = await host.muster(['apply', '--yes'], {
      env: { API_TOKEN: secret, MOSAIC_TOKEN: secret },
    });
    expect(status).toBe(0);
    expect(`${stdout}${stderr}`).not.toContain(secret);
    await host.writeFiles({ pattern: secret });
    const places = '.config .local /run/user /proc/[0-9]*/environ /proc/[0-9]*/cmdline /run/private-host/log';
    expect(await host.must(['sh', '-c', `grep -rlF -f pattern ${places} 2>/dev/null || :`])).toBe('');
    expect(await host.must(['systemctl', '--user', 'show-environment'])).not.toContain(secret);
  });

  story('an agent’s environment is its owner’s to read, and no bus client’s', async (host) => {
    await apply(host, { ...floor, coder0: { class: 'implementer', env: { MARK: 'only-for-coder' } } });
    expect(await host.must(['stat', '-c', '%a', '.config/mosaic/fleet/agents/coder0.env'])).toBe('600\n');
    expect(await host.must(['systemctl', '--user', 'show', unitOf('coder0')])).not.toContain('only-for-coder');
    expect(await host.must(['sh', '-c', 'grep -rl only-for-coder .config/systemd || :'])).toBe('');
    expect(await host.environmentOf('enhancer')).not.toHaveProperty('MARK');
  });
});
