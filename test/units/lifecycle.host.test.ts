import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  back,
  clear,
  digest,
  ended,
  fleetDirectory,
  holder,
  installUnits,
  pidOf,
  processesOf,
  run,
  said,
  sessionOf,
  sessions,
  show,
  socket,
  started,
  systemctl,
  tmux,
  unitOf,
  until,
  writeAgent,
} from './fleet.ts';

const forever = ['sleep', 'infinity'];
const stateOf = (agent: string): Promise<string> => show(unitOf(agent), 'ActiveState');

beforeAll(async () => {
  await clear();
  await installUnits();
});
afterEach(clear);

async function start(...agents: readonly string[]): Promise<void> {
  const { status, stderr } = await systemctl('start', ...agents.map(unitOf));
  expect(stderr).toBe('');
  expect(status).toBe(0);
}

describe('a started agent', () => {
  test('is one tagged session, all of its processes in its own unit; the server is in the holder', async () => {
    writeAgent('one', { argv: forever });
    writeAgent('two', { argv: forever });
    await start('one', 'two');
    for (const name of ['one', 'two']) {
      const invocation = await show(unitOf(name), 'InvocationID');
      const [id, session, agent, incarnation, pane] = (await sessionOf(name)) ?? [];
      expect([session, agent, incarnation]).toEqual([name, name, invocation]);
      const processes = await processesOf(unitOf(name));
      expect([...processes.values()].some((command) => command === 'sleep infinity')).toBe(true);
      expect(processes.has(Number(pane))).toBe(true);
      expect(started(name)).toEqual({
        format_version: '1.0',
        invocation,
        config: digest('c'),
        units: digest('a'),
        fleet: 'coding',
        class: 'worker',
        session: id,
        role: '',
      });
    }
    const server = Number((await tmux('display-message', '-p', '#{pid}')).stdout);
    expect((await processesOf(holder)).has(server)).toBe(true);
    expect(started('holder')).toMatchObject({
      invocation: await show(holder, 'InvocationID'),
      config: digest('b'),
      socket: expect.stringMatching(/^\/.*\/mosaic-test$/),
      pid: server,
    });
  });

  test('gets its argv and environment untouched by any shell', async () => {
    const odd = [
      '$(touch /tmp/pwned)',
      'semi;',
      'back\\;',
      ';',
      "quo'te",
      '"double"',
      '#{pid}',
      '',
      'two\nlines',
      '-x',
      '{role}',
      'a{role}',
    ];
    const out = '/tmp/argv.json';
    const fleetFile = join(fleetDirectory, 'fleets/coding.md');
    writeAgent('odd', {
      argv: [
        'node',
        '-e',
        `require('fs').writeFileSync('${out}.new', JSON.stringify({argv: process.argv.slice(1), env: process.env})); require('fs').renameSync('${out}.new', '${out}'); setInterval(() => {}, 1e6)`,
        '--',
        ...odd,
      ],
      env: { GREETING: 'hi $USER;', PATH: '/usr/bin:/bin' },
      role: '---\nclasses: [worker]\n---\n# The odd one\n\nMandate: "$HOME".\n\n<!-- muster format_version=1.0 -->\n',
    });
    mkdirSync(join(fleetDirectory, 'fleets'), { recursive: true });
    writeFileSync(fleetFile, '<!-- muster format_version=1.0 -->\n# Fleet coding\n\n`x` $(y)\n');
    await start('odd');
    const seen = await until(
      async () => existsSync(out) && (JSON.parse(readFileSync(out, 'utf8')) as { argv: string[]; env: Record<string, string> }),
      'the agent',
    );
    rmSync(out);
    rmSync(fleetFile);
    expect(seen.argv).toEqual(
      odd.map((argument) =>
        argument === '{role}' ? '# The odd one\n\nMandate: "$HOME".\n\n# Fleet coding\n\n`x` $(y)' : argument,
      ),
    );
    expect(seen.env).toMatchObject({
      GREETING: 'hi $USER;',
      PATH: `${fleetDirectory}/bin:/usr/bin:/bin`,
      MOSAIC_AGENT: 'odd',
      MOSAIC_FLEET: 'coding',
      MOSAIC_CLASS: 'worker',
      MOSAIC_RUNTIME: 'test',
      MOSAIC_PERSONA: 'fresh',
      MOSAIC_MODEL_HINT: 'vendor/model:high',
      MOSAIC_ROLE_FILE: `${fleetDirectory}/odd.md`,
      MOSAIC_FLEET_FILE: fleetFile,
      MOSAIC_HOME: fleetDirectory.replace(/\/fleet$/, ''),
      MOSAIC_RUN: join(process.env.XDG_RUNTIME_DIR ?? '', 'mosaic/agents/odd'),
      MOSAIC_INVOCATION: await show(unitOf('odd'), 'InvocationID'),
    });
    for (const name of [
      'NOTIFY_SOCKET',
      'INVOCATION_ID',
      'CREDENTIALS_DIRECTORY',
      'JOURNAL_STREAM',
      'RUNTIME_DIRECTORY',
      'MOSAIC_ARGC',
    ]) {
      expect(seen.env).not.toHaveProperty(name);
    }
    expect(existsSync('/tmp/pwned')).toBe(false);
  });

  test('works in its working directory, on a terminal of a fixed size', async () => {
    writeAgent('place', { argv: ['sh', '-c', 'pwd; stty size; exec sleep infinity'], workdir: '~/.config' });
    await start('place');
    await until(
      async () => (await tmux('capture-pane', '-p', '-t', '=place:')).stdout.startsWith(`${process.env.HOME}/.config\n50 200\n`),
      'its output',
    );
  });
});

describe('a killed part is noticed, and the agent comes back in a new run of its unit', () => {
  test.each([
    ['the agent alone', async (name: string) => run('kill', '-9', String(await pidOf(unitOf(name), /^sleep/))), 137],
    ['the process of its pane', async (name: string) => run('kill', '-9', String((await sessionOf(name))?.[4])), 70],
    ['its session, by hand', (name: string) => tmux('kill-session', '-t', `=${name}`), 70],
    [
      'its session, renamed first',
      async (name: string) => [
        await tmux('rename-session', '-t', `=${name}`, 'other'),
        await tmux('kill-session', '-t', '=other'),
      ],
      70,
    ],
    ['its supervisor', async (name: string) => run('kill', '-9', await show(unitOf(name), 'MainPID')), 9],
  ])('%s', async (_, kill, status) => {
    writeAgent('victim', { argv: forever });
    writeAgent('bystander', { argv: forever });
    await start('victim', 'bystander');
    const before = await show(unitOf('victim'), 'InvocationID');
    const spared = await show(unitOf('bystander'), 'InvocationID');
    const log = said().length;
    await kill('victim');
    await back('victim', before);
    expect(await show(unitOf('victim'), 'NRestarts')).toBe('1');
    if (status === 70) expect(said().slice(log)).toContain('agent victim: its pane was killed');
    if (status === 137) expect(said().slice(log)).toContain('agent victim: sleep ended with exit status 137');
    expect(ended('victim')).toMatchObject({
      invocation: before,
      next: await show(unitOf('victim'), 'InvocationID'),
      ...(status === 9
        ? { result: 'signal', code: 'killed', status: 'KILL' }
        : { result: 'exit-code', code: 'exited', status: String(status) }),
    });
    expect((await sessions()).filter((row) => row[2] === 'victim')).toHaveLength(1);
    expect(await show(unitOf('bystander'), 'InvocationID')).toBe(spared);
  });

  test('the tmux server: all agents come back inside the new holder', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) writeAgent(name, { argv: forever });
    await start(...names);
    const before = await Promise.all(names.map((name) => show(unitOf(name), 'InvocationID')));
    await run('kill', '-9', String(started('holder')?.pid));
    for (const [index, name] of names.entries()) await back(name, before[index]);
    const server = Number((await tmux('display-message', '-p', '#{pid}')).stdout);
    expect((await processesOf(holder)).has(server)).toBe(true);
  });
});

describe('the end of the agent is the end of its unit', () => {
  test.each([
    [0, 'core', 'active'],
    [0, 'ephemeral', 'inactive'],
    [7, 'ephemeral', 'active'],
    [78, 'core', 'failed'],
  ] as const)('exit %i of a %s agent: %s afterwards', async (status, lifecycle, state) => {
    const flag = '/tmp/ended-once';
    // The first run ends with the status, later ones stay.
    writeAgent('mortal', {
      argv: ['sh', '-c', `[ -e ${flag} ] && exec sleep infinity; touch ${flag}; sleep 0.2; exit ${status}`],
      lifecycle,
    });
    await systemctl('daemon-reload');
    await start('mortal');
    const completed = join(
      process.env.HOME ?? '',
      '.local/state/mosaic',
      readFileSync('/etc/machine-id', 'utf8').trim(),
      'completed/mortal.json',
    );
    rmSync(completed, { force: true });
    await until(
      async () =>
        existsSync(flag) &&
        (await stateOf('mortal')) === state &&
        (state === 'active' ? (await show(unitOf('mortal'), 'NRestarts')) === '1' : true),
      state,
    );
    expect(await show(unitOf('mortal'), 'NRestarts')).toBe(state === 'active' ? '1' : '0');
    if (state === 'failed') expect(await show(unitOf('mortal'), 'ExecMainStatus')).toBe('78');
    if (state !== 'active') expect(await sessionOf('mortal')).toBeUndefined();
    const record = existsSync(completed) ? JSON.parse(readFileSync(completed, 'utf8')) : null;
    expect(record).toEqual(status === 0 && lifecycle === 'ephemeral' ? { format_version: '1.0', config: digest('c') } : null);
    rmSync(flag);
  });

  test('a missing program is restarted, limited, and the journal says where it was looked for', async () => {
    writeAgent('nobody', { argv: ['no-such-program'] });
    const log = said().length;
    await systemctl('start', unitOf('nobody'));
    await until(async () => Number(await show(unitOf('nobody'), 'NRestarts')) >= 2, 'two restarts');
    expect(said().slice(log)).toContain(
      `probably no-such-program is not an executable on the agent's PATH, ${fleetDirectory}/bin:`,
    );
  });

  test.each([
    ['an environment file that is missing', 'ghost', 78, "run 'muster apply'"],
    ['a working directory that is missing', 'homeless', 66, 'its working directory /nonexistent cannot be entered'],
  ])('%s is said', async (_, name, status, message) => {
    if (name === 'homeless') writeAgent(name, { argv: forever, workdir: '/nonexistent' });
    const log = said().length;
    expect((await systemctl('start', unitOf(name))).status).not.toBe(0);
    // While it is started again, which is at once, the status is that of nobody.
    await until(async () => (await show(unitOf(name), 'ExecMainStatus')) === String(status), `exit status ${status}`);
    expect(said().slice(log)).toContain(message);
  });
});

describe('stop', () => {
  test('ends processes and session of one agent, and of no other', async () => {
    writeAgent('leaving', { argv: forever });
    writeAgent('staying', { argv: forever });
    await start('leaving', 'staying');
    const pid = await pidOf(unitOf('leaving'), /^sleep/);
    expect((await systemctl('stop', unitOf('leaving'))).status).toBe(0);
    expect(await stateOf('leaving')).toBe('inactive');
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect((await sessions()).map((row) => row[1]).sort()).toEqual(['_holder', 'staying']);
    expect(started('leaving')).toBeNull();
    expect(await show(unitOf('staying'), 'NRestarts')).toBe('0');
  });

  test('ends an agent that ignores every polite signal, after its time', async () => {
    writeAgent('stubborn', { argv: ['sh', '-c', "trap '' HUP TERM INT; while :; do sleep 1; done"] });
    const dropIn = join(process.env.HOME ?? '', '.config/systemd/user', `${unitOf('stubborn')}.d`);
    await run('sh', '-c', `mkdir -p '${dropIn}' && printf '[Service]\\nTimeoutStopSec=300ms\\n' >'${dropIn}/muster.conf'`);
    await systemctl('daemon-reload');
    await start('stubborn');
    await systemctl('stop', unitOf('stubborn'));
    expect(await show(unitOf('stubborn'), 'Result')).toBe('timeout');
    expect(await processesOf(unitOf('stubborn'))).toEqual(new Map());
    expect(await sessionOf('stubborn')).toBeUndefined();
  });

  test('of an interactive shell does not wait for its time: it heeds the hangup', async () => {
    writeAgent('shell', { argv: ['bash', '-i'] });
    await start('shell');
    await systemctl('stop', unitOf('shell'));
    expect(await show(unitOf('shell'), 'Result')).toBe('success');
  });

  test('of a renamed session ends it all the same', async () => {
    writeAgent('renamed', { argv: forever });
    await start('renamed');
    await tmux('rename-session', '-t', '=renamed', 'hidden');
    await systemctl('stop', unitOf('renamed'));
    expect((await sessions()).map((row) => row[1])).toEqual(['_holder']);
  });

  test('of the holder stops every agent; the start of an agent starts the holder', async () => {
    writeAgent('a', { argv: forever });
    await start('a');
    await systemctl('stop', holder);
    expect(await stateOf('a')).toBe('inactive');
    expect((await tmux('list-sessions')).status).not.toBe(0);
    await start('a');
    expect(await show(holder, 'ActiveState')).toBe('active');
  });
});

describe('how a run ended is written down by its unit', () => {
  test('stopped by hand, then claimed by the next run, and by no other', async () => {
    writeAgent('told', { argv: forever });
    await start('told');
    const first = await show(unitOf('told'), 'InvocationID');
    expect(ended('told')).toBeNull();
    await systemctl('stop', unitOf('told'));
    expect(ended('told')).toEqual({
      format_version: '1.0',
      invocation: first,
      result: 'success',
      code: 'killed',
      status: 'TERM',
      uptime: expect.any(Number),
      next: '',
    });
    await start('told');
    const second = await show(unitOf('told'), 'InvocationID');
    expect(ended('told')).toMatchObject({ invocation: first, next: second });
  });

  test('an end that nobody wrote down is not told with the words of an older one', async () => {
    writeAgent('unheard', { argv: forever });
    const file = join(process.env.XDG_RUNTIME_DIR ?? '', 'mosaic/ended/unheard.json');
    await start('unheard');
    await systemctl('stop', unitOf('unheard'));
    await start('unheard');
    const claimed = readFileSync(file, 'utf8');
    await systemctl('stop', unitOf('unheard'));
    writeFileSync(file, claimed);
    await start('unheard');
    expect(ended('unheard')).toBeNull();
  });

  test('while it is on its way up, a run that fails has an end of its own', async () => {
    writeAgent('homeless', { argv: forever, workdir: '/nonexistent' });
    await systemctl('start', unitOf('homeless'));
    await until(async () => (await stateOf('homeless')) === 'failed' && ended('homeless')?.status === '66', 'its end');
    expect(ended('homeless')).toMatchObject({ result: 'exit-code', code: 'exited', status: '66' });
  });
});

describe('what is not ours is left alone', () => {
  test("a session of the agent's name without our tag: the agent refuses to start and says why", async () => {
    writeAgent('taken', { argv: forever });
    await systemctl('start', holder);
    await tmux('new-session', '-d', '-s', 'taken', 'sleep 7777');
    const id = (await sessions()).find((row) => row[1] === 'taken')?.[0];
    const log = said().length;
    expect((await systemctl('start', unitOf('taken'))).status).not.toBe(0);
    expect([
      await stateOf('taken'),
      await show(unitOf('taken'), 'ExecMainStatus'),
      await show(unitOf('taken'), 'NRestarts'),
    ]).toEqual(['failed', '78', '0']);
    expect(said().slice(log)).toContain(`the tmux session taken (${id}`);
    expect((await sessions()).find((row) => row[1] === 'taken')?.[0]).toBe(id);
  });

  test('a session of an earlier run of the agent is replaced', async () => {
    writeAgent('again', { argv: forever });
    await systemctl('start', holder);
    await tmux(
      'new-session',
      '-d',
      '-s',
      'again',
      'sleep 7777',
      ';',
      'set-option',
      '-t',
      '=again:',
      '@muster_agent',
      'again',
      ';',
      'set-option',
      '-t',
      '=again:',
      '@muster_incarnation',
      'f'.repeat(32),
    );
    await start('again');
    await back('again');
    expect((await sessions()).filter((row) => row[1] === 'again')).toHaveLength(1);
  });

  test('another session that took the name of a renamed one survives the stop', async () => {
    writeAgent('moved', { argv: forever });
    await start('moved');
    await tmux('rename-session', '-t', '=moved', 'elsewhere');
    await tmux('new-session', '-d', '-s', 'moved', 'sleep 7777');
    await systemctl('stop', unitOf('moved'));
    expect((await sessions()).map((row) => row[1]).sort()).toEqual(['_holder', 'moved']);
  });

  test('a stray tmux server on the socket: the holder neither joins nor ends it, and starts when it is gone', async () => {
    writeAgent('patient', { argv: forever });
    await run('tmux', '-L', socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'stray', 'sleep 7777');
    const server = (await tmux('display-message', '-p', '#{pid}')).stdout.trim();
    const log = said().length;
    expect((await systemctl('start', holder)).status).not.toBe(0);
    expect(said().slice(log)).toContain(`is taken by process ${server}`);
    expect((await sessions()).map((row) => row[1])).toEqual(['stray']);
    await systemctl('start', '--no-block', unitOf('patient'));
    await tmux('kill-session', '-t', '=stray');
    await back('patient');
    expect(await show(holder, 'ActiveState')).toBe('active');
  });
});

test.each(['reboot', 'power-loss'])('%s: what is enabled is back, what is not is not', async (how) => {
  writeAgent('enabled', { argv: forever });
  writeAgent('disabled', { argv: forever });
  await run('loginctl', 'enable-linger');
  await systemctl('enable', unitOf('enabled'), holder);
  await start('enabled', 'disabled');
  const before = await show(unitOf('enabled'), 'InvocationID');
  expect(await run(how)).toEqual({ status: 0, stdout: '', stderr: '' });
  await back('enabled', before);
  expect(await stateOf('disabled')).toBe('inactive');
  await systemctl('disable', unitOf('enabled'), holder);
  await run('loginctl', 'disable-linger');
});
