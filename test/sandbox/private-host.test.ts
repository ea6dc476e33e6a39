import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Launcher, launcher, packageRoot, unavailable } from './launch.ts';

const reason = await unavailable();

describe.skipIf(reason !== '')(`a private host${reason && ` (SKIPPED, none can be had: ${reason})`}`, () => {
  let host: Launcher;
  beforeAll(async () => {
    host = await launcher();
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
  });

  test('gives the command its standard streams and its exit status, and says nothing itself', async () => {
    expect(await host.run('echo out; echo err >&2; exit 7')).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  test.each([
    ['a missing command', ['no-such-command'], 127],
    ['a command that a signal ends', ['sh', '-c', 'kill -KILL $$'], 137],
  ])('%s has the exit status a shell would give', async (_, command, status) => {
    expect((await host.start(command).done).status).toBe(status);
  });

  test('is run by an ordinary user with a home, a running manager and a bus', async () => {
    const { stdout, status } = await host.run(`
      id -u; getent passwd "$(id -u)" | cut -d: -f6,7; pwd
      systemctl --user is-system-running
      busctl --user --json=short call org.freedesktop.DBus / org.freedesktop.DBus GetId | grep -o data`);
    const [uid, passwd, pwd, state, bus] = stdout.split('\n');
    expect({ status, ordinary: Number(uid) > 0, passwd, pwd, state, bus }).toEqual({
      status: 0,
      ordinary: true,
      passwd: '/run/home:/bin/bash',
      pwd: packageRoot,
      state: 'running',
      bus: 'data',
    });
  });

  test('starts in its home, with nothing but what git needs, where no directory is named', async () => {
    const { stdout } = await host.run('pwd; ls -A | sort', { cwd: null });
    expect(stdout).toBe('/run/home\n.config\n.gitconfig\n');
  });

  test('commits by a made-up name, unless the caller or the repository has another', async () => {
    const { stdout, stderr } = await host.run(
      `commit() { git commit -q --allow-empty -m one; git log -1 --format='%an <%ae>'; }
      git init -q; commit; GIT_AUTHOR_NAME=Ann commit; git config user.name Rob; commit`,
      { cwd: null },
    );
    const names = ['Muster sandbox', 'Ann', 'Rob'];
    expect({ stdout, stderr: stderr.replace(/^hint:.*\n/gm, '') }).toEqual({
      stdout: names.map((name) => `${name} <muster@sandbox.invalid>\n`).join(''),
      stderr: '',
    });
  });

  test('has its own name, machine id, boot id, processes, cgroups, /run and temporary directories', async () => {
    const { stdout } = await host.run(`
      hostname; sed -n 's/^0:://p' /proc/self/cgroup; find /tmp /var/tmp /dev/shm /run/user -mindepth 1 -maxdepth 1 ! -path "$(pwd | cut -d/ -f1-3)"; ps -e | grep -c systemd
      cat /etc/machine-id /proc/sys/kernel/random/boot_id`);
    expect(stdout).not.toContain(readFileSync('/etc/machine-id', 'utf8').trim());
    expect(stdout).not.toContain(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    expect(stdout).toMatch(/^sandbox\n\/payload\n\/run\/user\/\d+\n1\n[0-9a-f]{32}\n[0-9a-f-]{36}\n$/);
  });

  test('passes on what the terminal needs, and no other variable', async () => {
    const { stdout } = await host.run('env -0 | sort -z | tr "\\0" "\\n" | cut -d= -f1', {
      env: { NO_COLOR: '1', MUSTER_ANSWER: '42', API_TOKEN: 'secret', TERM: 'dumb', CI: 'true', COLORTERM: 'truecolor' },
    });
    expect(stdout.split('\n').filter((name) => name && !['_', 'SHLVL', 'OLDPWD'].includes(name))).toEqual(
      [
        ...['CI', 'COLORTERM', 'DBUS_SESSION_BUS_ADDRESS', 'HOME', 'LANG', 'LOGNAME', 'MUSTER_ANSWER', 'MUSTER_SANDBOX'],
        ...['NO_COLOR', 'PATH', 'PWD', 'SHELL', 'TERM', 'USER', 'XDG_RUNTIME_DIR'],
      ].sort(),
    );
  });

  describe('after a start of the machine', () => {
    const boot = 'cat /proc/sys/kernel/random/boot_id';
    const service =
      'systemd-run --user -q --unit=old sleep infinity; touch "$XDG_RUNTIME_DIR/old"; tmux new-session -d; rm -f /tmp/tmux-*/*';

    test.each(['reboot', 'power-loss'])('%s: the manager comes back if the user lingers, everything else is new', async (how) => {
      const { stdout, status } = await host.run(`
        ${service}; before=$(${boot}); loginctl enable-linger
        ${how}
        systemctl --user is-system-running
        [[ $before != $(${boot}) ]] && echo "new boot id"
        systemctl --user is-active old.service || true; ls "$XDG_RUNTIME_DIR" | grep old || true; ls -d /tmp/tmux-* 2>/dev/null || true`);
      expect({ status, stdout }).toEqual({ status: 0, stdout: 'running\nnew boot id\ninactive\n' });
    });

    test.each(['reboot', 'power-loss'])('%s: without linger it stays down until somebody logs in', async (how) => {
      const { stdout, status } = await host.run(
        `${how}; systemctl --user is-system-running 2>/dev/null || echo none; login; systemctl --user is-system-running`,
      );
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: `${how}: the host is back; muster has no linger, so no user manager until 'login'\nnone\nrunning\n`,
      });
    });

    test('only a reboot lets services say goodbye', async () => {
      const { stdout } = await host.run(`
        loginctl enable-linger
        for how in reboot power-loss; do
          systemd-run --user -q --unit=polite --property=ExecStop="/usr/bin/touch $HOME/goodbye-$how" sleep infinity
          $how
        done
        ls ~`);
      expect(stdout).toBe('goodbye-reboot\n');
    });
  });

  test('loginctl serves linger and is honest about the rest', async () => {
    const { stdout, stderr } = await host.run(`
      loginctl show-user "$USER" -p Linger; loginctl enable-linger; loginctl show-user -p Linger --value; ls /var/lib/systemd/linger
      loginctl list-users; loginctl disable-linger "$USER"; loginctl show-user "$(id -u)" --property=Linger --value; loginctl kill-user x || loginctl reboot || true`);
    expect(stdout).toMatch(/^Linger=no\nyes\nmuster\n\d+ muster linger=yes\nno\n$/);
    expect(stderr).toMatch(/this private host has one user, muster\n.*'reboot' is not served/);
  });

  test('two at once do not know of each other', async () => {
    const marker = (n: number) =>
      `echo ${n} >/tmp/mine; systemd-run --user -q --unit=same sleep infinity; tmux new-session -d -s s${n}; power-loss; cat /tmp/mine; hostname`;
    const [one, two] = await Promise.all([host.run(`${marker(1)}; login`), host.run(`${marker(2)}; login`)]);
    expect([one.stdout.includes('\n1\nsandbox\n'), two.stdout.includes('\n2\nsandbox\n')]).toEqual([true, true]);
  });

  test('one inside another, as its ordinary user, with a home of its own', async () => {
    const inner = `node ${'"$1"'} '{"command":["bash","-c","ls; hostname; id -un; systemctl --user is-system-running; loginctl enable-linger; reboot; systemctl --user is-system-running"],"cwd":"/run/home","keep":[]}'`;
    const directory = mkdtempSync(join(tmpdir(), 'muster-nested-'));
    try {
      const { build } = await import('esbuild');
      await build({
        entryPoints: [join(packageRoot, 'test/sandbox/entry.ts')],
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile: join(directory, 'entry.mjs'),
        logLevel: 'error',
      });
      const { done } = host.start(
        ['bash', '-c', `touch ~/of-the-outer-one; PACKAGE_ROOT=${packageRoot} ${inner}`, 'bash', join(directory, 'entry.mjs')],
        {
          keep: [directory],
        },
      );
      expect(await done).toEqual({ status: 0, stdout: 'sandbox\nmuster\nrunning\nrunning\n', stderr: '' });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  describe('what the private mounts would hide stays visible', () => {
    const places: [string, string, number][] = [
      ['below a temporary directory', tmpdir(), 0o755],
      ['that only its owner may enter', tmpdir(), 0o700],
      ['below a closed home', process.env.HOME ?? '/root', 0o755],
    ];
    test.each(places)('a working directory %s', async (_, below, mode) => {
      const outer = mkdtempSync(join(below, 'muster, "odd" dir-'));
      const cwd = join(outer, 'clone');
      mkdirSync(cwd, { mode });
      writeFileSync(join(cwd, 'file'), 'content');
      try {
        const { stdout, stderr } = await host.run('pwd; cat file; ls ..', { cwd });
        expect({ stdout, stderr }).toEqual({ stdout: `${cwd}\ncontentclone\n`, stderr: '' });
        expect(readdirSync(cwd)).toEqual(['file']);
      } finally {
        rmSync(outer, { recursive: true });
      }
    });

    test('a file that is asked for, and no other', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'muster-keep-'));
      for (const name of ['kept', 'other']) writeFileSync(join(directory, name), name);
      try {
        const { stdout } = await host.run(`cat ${directory}/kept; ls ${directory}`, {
          keep: [join(directory, 'kept')],
          cwd: '/',
        });
        expect(stdout).toBe('keptkept\n');
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  });

  describe('leaves nothing behind', () => {
    test('when the command ends with processes in the background', async () => {
      await host.run('setsid sleep 86399.1 & systemd-run --user -q sleep 86399.1; tmux new-session -d sleep 86399.1');
      expect(remains('86399.1')).toEqual({ processes: [], mounts: [], cgroups: [] });
    });

    test('when its launcher is killed', async () => {
      const { child, done } = host.start(['bash', '-c', 'setsid sleep 86399.2 & echo up; wait']);
      if (child.stdout) await once(child.stdout, 'data');
      child.kill('SIGKILL');
      await done;
      await expect.poll(() => remains('86399.2'), { timeout: 5000 }).toEqual({ processes: [], mounts: [], cgroups: [] });
    });

    test('when everything above it is killed; the next run removes the empty cgroups', async () => {
      const { child, done } = host.start(['bash', '-c', 'setsid sleep 86399.3 & echo up; wait']);
      if (child.stdout) await once(child.stdout, 'data');
      const stage = childrenOf(child.pid ?? 0)[0] ?? 0;
      process.kill(stage, 'SIGKILL');
      await done;
      // A process that is ending has no command line any more, and keeps its cgroup until it is gone.
      const after = async (): Promise<unknown> => {
        await host.run('true');
        return remains('86399.3');
      };
      await expect.poll(after, { timeout: 5000 }).toEqual({ processes: [], mounts: [], cgroups: [] });
    });
  });

  test('SIGTERM to the launcher reaches the command', async () => {
    const { child, done } = host.start(['bash', '-c', 'trap "echo got it; exit 9" TERM; echo up; sleep infinity & wait']);
    if (child.stdout) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await done).toEqual({ status: 9, stdout: 'up\ngot it\n', stderr: '' });
  });
});

/** Traces of private hosts on this machine; other runs may be under way, so processes are told by their marker. */
function remains(marker: string): { processes: string[]; mounts: string[]; cgroups: string[] } {
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => [pid, read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')] as const);
  return {
    processes: commands
      .filter(([, command]) => /^(setsid )?sleep /.test(command) && command.includes(marker))
      .map(([, command]) => command),
    mounts: read('/proc/self/mountinfo')
      .split('\n')
      .filter((line) => line.includes('private-host')),
    cgroups: ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']
      .filter((root) => existsSync(root))
      .flatMap((root) => readdirSync(root))
      .filter((name) => name.startsWith('muster-sandbox-') && !existsSync(`/proc/${name.split('-')[2]}`)),
  };
}

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
