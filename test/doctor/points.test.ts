import { describe, expect, test } from 'vitest';
import { type BusFacts, bus } from '../../src/doctor/bus.ts';
import { cgroups } from '../../src/doctor/cgroups.ts';
import { clock } from '../../src/doctor/clock.ts';
import { type ConnectorFacts, connectors } from '../../src/doctor/connectors.ts';
import { disk } from '../../src/doctor/disk.ts';
import { git } from '../../src/doctor/git.ts';
import { journal } from '../../src/doctor/journal.ts';
import { limits } from '../../src/doctor/limits.ts';
import { linger } from '../../src/doctor/linger.ts';
import { manager } from '../../src/doctor/manager.ts';
import { node } from '../../src/doctor/node.ts';
import { permissions } from '../../src/doctor/permissions.ts';
import type { Point } from '../../src/doctor/point.ts';
import { type ProgramFacts, runtimes } from '../../src/doctor/runtimes.ts';
import { session } from '../../src/doctor/session.ts';
import { tmux } from '../../src/doctor/tmux.ts';
import { units } from '../../src/doctor/units.ts';
import { digestOfFile } from '../../src/model/digest.ts';
import type { Finding } from '../../src/model/doctor.ts';
import type { GuardedPlace, Limits, Session, Space } from '../../src/model/doctor-ports.ts';
import { known, unknown } from '../../src/model/known.ts';
import type { StatusConnector } from '../../src/model/status.ts';

/** Facts, and of each finding its state and what has to stand in it. */
type Row<Facts> = readonly [story: string, facts: Facts, ...told: Told[]];
type Told = readonly [Finding['state'], RegExp];

function judges<Facts>(point: Point<Facts>, rows: readonly Row<Facts>[]): void {
  describe(point.id, () => {
    test.each(rows.map(([story, facts, ...told]) => ({ story, facts, told })))('$story', ({ facts, told }) => {
      const findings = point.judge(facts);
      expect(findings.map(({ state }) => state)).toEqual(told.map(([state]) => state));
      for (const [index, [, words]] of told.entries()) expect(wordsOf(findings[index])).toMatch(words);
      for (const { state, mend, detail } of findings) {
        if (state === 'failing') expect(mend ?? detail, 'what to do').toBeDefined();
        if (state === 'unchecked') expect(detail, 'why it was not checked').toBeDefined();
      }
    });
  });
}

const wordsOf = (finding: Finding | undefined): string =>
  [
    finding?.finding,
    finding?.detail,
    ...(finding?.mend ?? []),
    finding?.fix === undefined ? '' : JSON.stringify(finding.fix),
  ].join('\n');

judges(node, [
  ['what the package asks for', '20.19.0', ['ok', /^20\.19\.0/]],
  ['a newer one', '24.1.0', ['ok', /./]],
  ['an older one', '20.18.3', ['failing', /too old: 20\.19/]],
  ['a much older one', '18.20.0', ['failing', /too old/]],
]);

judges(cgroups, [
  ['all is delegated', { unified: true, delegated: ['cpuset', 'cpu', 'memory', 'pids'] }, ['ok', /version 2/]],
  [
    'cpu is not',
    { unified: true, delegated: ['memory', 'pids'] },
    ['warning', /not delegated to you: cpu[\s\S]*Delegate=cpu memory pids/],
  ],
  ['nothing is', { unified: true, delegated: [] }, ['warning', /cpu, memory, pids/]],
  ['no manager to look at', { unified: true, delegated: null }, ['unchecked', /not known/]],
  ['version 1', { unified: false, delegated: null }, ['failing', /unified_cgroup_hierarchy=1/]],
]);

const monday = Date.parse('2026-11-23T09:00:00Z');
judges(clock, [
  ['synchronised', { now: monday, notBefore: 0, synchronised: true }, ['ok', /synchronised/]],
  ['not synchronised', { now: monday, notBefore: 0, synchronised: false }, ['warning', /set-ntp true/]],
  ['nobody knows', { now: monday, notBefore: 0, synchronised: null }, ['unchecked', /No service/]],
  [
    'at the epoch, whatever is said of it',
    { now: 0, notBefore: monday, synchronised: true },
    ['failing', /1970-01-01, before this program/],
  ],
  ['an hour behind the file of another machine', { now: monday - 3600_000, notBefore: monday, synchronised: true }, ['ok', /./]],
]);

const roomy: Limits = {
  files: 524_288,
  processes: 30_000,
  tasks: { current: 100, most: 10_000 },
  inotifyWatches: 200_000,
  inotifyInstances: 128,
};
judges(limits, [
  ['roomy', roomy, ['ok', /524288 open files, 10000 processes, 200000 watched files/]],
  [
    'without limits',
    { files: null, processes: null, tasks: null, inotifyWatches: null, inotifyInstances: null },
    ['ok', /any number/],
  ],
  ['few files', { ...roomy, files: 256 }, ['warning', /only 256 open files/]],
  ['few processes', { ...roomy, processes: 64 }, ['warning', /only 64 processes/]],
  ['many tasks', { ...roomy, tasks: { current: 85, most: 100 } }, ['warning', /85 of 100/]],
  ['hardly any task left', { ...roomy, tasks: { current: 99, most: 100 } }, ['failing', /99 of 100/]],
  ['few watches', { ...roomy, inotifyWatches: 8192 }, ['warning', /8192 watched[\s\S]*max_user_watches/]],
  ['several at once', { ...roomy, files: 1, inotifyInstances: 8 }, ['warning', /1 open files/], ['warning', /only 8 programs/]],
]);

const login: Session = {
  uid: 1000,
  user: 'jason',
  variable: '/run/user/1000',
  directory: '/run/user/1000',
  owner: 1000,
  booted: true,
  container: null,
};
judges(session, [
  ['a login', login, ['ok', /jason, runtime directory \/run\/user\/1000/]],
  [
    'su -, cron',
    { ...login, variable: null },
    [
      'warning',
      /^XDG_RUNTIME_DIR is not set[\s\S]*export XDG_RUNTIME_DIR=\/run\/user\/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=\/run\/user\/1000\/bus/,
    ],
  ],
  ['nobody has logged in', { ...login, variable: null, owner: null }, ['failing', /enable-linger jason\nexport XDG_RUNTIME_DIR/]],
  [
    'su, with the variable of somebody else',
    { ...login, variable: '/run/user/0', directory: '/run/user/0', owner: 0 },
    ['failing', /uid 0[\s\S]*export XDG_RUNTIME_DIR=\/run\/user\/1000/],
  ],
  [
    'the variable names nothing',
    { ...login, variable: '/nowhere', directory: '/nowhere', owner: null },
    ['failing', /there is no \/nowhere[\s\S]*export/],
  ],
  [
    'root in a container',
    { ...login, uid: 0, user: 'root', booted: false, container: 'docker', owner: null },
    ['failing', /container \(docker\)[\s\S]*muster sandbox/],
  ],
  ['another init', { ...login, booted: false }, ['failing', /systemd does not run here\n/]],
]);

const socketless = 'no message bus at /run/user/1000/bus: ENOENT';
judges<BusFacts>(bus, [
  ['answers', { booted: true, why: null }, ['ok', /answers/]],
  ['does not', { booted: true, why: socketless }, ['failing', /ENOENT[\s\S]*dbus-user-session/]],
  ['cannot, without systemd', { booted: false, why: socketless }, ['unchecked', /without systemd/]],
]);

judges(manager, [
  ['running', { version: '252.38-1', state: 'running', failed: [] }, ['ok', /systemd 252\.38-1, running/]],
  [
    'an agent failed',
    { version: '252', state: 'degraded', failed: ['mosaic-agent@coder0.service', 'a.timer'] },
    ['warning', /muster explain coder0/],
  ],
  [
    'many others failed',
    { version: '257~rc1', state: 'degraded', failed: ['a', 'b', 'c', 'd', 'e'] },
    ['warning', /a, b, c and 2 more failed[\s\S]*--failed/],
  ],
  ['starting', { version: '252', state: 'starting', failed: [] }, ['warning', /--wait/]],
  ['stopping', { version: '252', state: 'stopping', failed: [] }, ['failing', /ending/]],
  ['older than tried', { version: '249.11', state: 'running', failed: [] }, ['warning', /older than any/]],
]);

const lingering = { user: 'jason', booted: true, lingers: true, inForce: true };
judges(linger, [
  ['lingers', lingering, ['ok', /outlive/]],
  [
    'does not, with agents',
    { ...lingering, lingers: false },
    ['failing', /enable-linger jason[\s\S]*"verb":"linger","targets":\["jason"\]/],
  ],
  ['does not, before the first apply', { ...lingering, lingers: false, inForce: false }, ['warning', /first apply/]],
  ['cannot', { ...lingering, lingers: false, booted: false }, ['unchecked', /without systemd/]],
]);

judges(journal, [
  ['readable', { readable: true, why: '' }, ['ok', /./]],
  [
    'not readable',
    { readable: false, why: 'No journal files were found' },
    ['warning', /No journal files were found\. [\s\S]*\/var\/log\/journal/],
  ],
]);

const debian = { file: '/usr/bin/tmux', says: 'tmux 3.3a' };
const built = { file: '/opt/tmux/bin/tmux', says: 'tmux 3.5' };
judges(tmux, [
  ['the same', { shell: debian, unit: debian }, ['ok', /tmux 3\.3a at \/usr\/bin\/tmux$/m]],
  ['the next one', { shell: { ...debian, says: 'tmux next-3.6' }, unit: { ...debian, says: 'tmux next-3.6' } }, ['ok', /3\.6/]],
  ['nowhere', { shell: null, unit: null }, ['failing', /apt install tmux/]],
  [
    'only where units do not look',
    { shell: built, unit: null },
    ['failing', /your shell finds \/opt\/tmux\/bin\/tmux[\s\S]*environment\.d/],
  ],
  ['too old', { shell: debian, unit: { ...debian, says: 'tmux 3.1c' } }, ['failing', /too old: 3\.2/]],
  ['two of them', { shell: built, unit: debian }, ['warning', /units find tmux 3\.3a .* your shell tmux 3\.5/]],
  ['none for the shell', { shell: null, unit: debian }, ['ok', /3\.3a/]],
  ['the PATH of units is not known', { shell: debian, unit: undefined }, ['ok', /not known/]],
  ['not known, and not here either', { shell: null, unit: undefined }, ['failing', /apt install/]],
]);

judges(git, [
  ['found by both', { shell: { file: '/usr/bin/git', says: 'git version 2.39.5' }, unit: '/usr/bin/git' }, ['ok', /2\.39\.5/]],
  ['not installed', { shell: null, unit: null }, ['failing', /apt install git/]],
  [
    'not found by units',
    { shell: { file: '/opt/git', says: 'git version 2.45' }, unit: null },
    ['failing', /controller is a unit/],
  ],
  [
    'older than tried',
    { shell: { file: '/usr/bin/git', says: 'git version 2.25.1' }, unit: '/usr/bin/git' },
    ['warning', /older/],
  ],
]);

const claude: ProgramFacts = {
  command: 'claude',
  runtime: 'claude',
  agents: ['a', 'b', 'c', 'd'],
  file: '/home/j/.local/bin/claude',
  shell: null,
  says: '2.1.0',
  missing: null,
};
judges(runtimes, [
  [
    'found',
    { from: 'in-force', why: null, programs: [claude] },
    ['ok', /2\.1\.0 at \/home\/j\/\.local\/bin\/claude, for a, b, c and 1 more/],
  ],
  ['found, not asked', { from: 'here', why: null, programs: [{ ...claude, says: null }] }, ['ok', /^\/home\/j/]],
  [
    'nowhere',
    { from: 'here', why: null, programs: [{ ...claude, file: null }] },
    ['failing', /npm install -g --prefix ~\/\.local @anthropic-ai\/claude-code/],
  ],
  [
    'only where the shell looks',
    { from: 'here', why: null, programs: [{ ...claude, file: null, shell: "/opt/it's/claude" }] },
    ['failing', /Your shell finds \/opt\/it's\/claude[\s\S]*ln -s '\/opt\/it'\\''s\/claude' ~\/\.local\/bin\//],
  ],
  [
    'without its interpreter',
    { from: 'here', why: null, programs: [{ ...claude, missing: 'node' }] },
    ['failing', /needs node, which is not on the PATH[\s\S]*command -v node/],
  ],
  [
    'a program that nobody knows',
    { from: 'here', why: null, programs: [{ ...claude, command: 'toy', file: null }] },
    ['failing', /toy is not on the PATH/],
  ],
  [
    'each its own line',
    { from: 'here', why: null, programs: [claude, { ...claude, runtime: 'pi', file: null }] },
    ['ok', /./],
    ['failing', /./],
  ],
  ['none needed', { from: 'in-force', why: null, programs: [] }, ['ok', /no program/]],
  ['no rosters', { from: 'none', why: null, programs: [] }, ['unchecked', /none are here/]],
  ['rosters that are denied', { from: 'here', why: 'denied: no enhancer.', programs: [] }, ['unchecked', /no enhancer/]],
]);

const place: GuardedPlace = { path: '/h/agents/a.env', owner: 1000, mode: 0o600, forbidden: 0o077 };
const guard = (...places: GuardedPlace[]) => ({ uid: 1000, user: 'jason', places });
judges(permissions, [
  ['nothing is here', guard(), ['ok', /nothing of ours/]],
  ['as it should be', guard(place), ['ok', /1 files/]],
  [
    'readable by others',
    guard({ ...place, mode: 0o644 }),
    [
      'failing',
      /read by others[\s\S]*chmod go-rx \/h\/agents\/a\.env\n\{"verb":"chmod","targets":\["\/h\/agents\/a\.env"\],"without":45\}/,
    ],
  ],
  [
    'many of them are one finding',
    guard(...['a', 'b', 'c'].map((name) => ({ ...place, path: `/h/${name} x`, mode: 0o640 }))),
    ['failing', /\/h\/a x and 2 more[\s\S]*chmod go-rx '\/h\/a x' '\/h\/b x'/],
  ],
  ['writable by others', guard({ ...place, path: '/h/bin', mode: 0o777, forbidden: 0o022 }), ['failing', /written by others/]],
  ['what may be read may be', guard({ ...place, mode: 0o644, forbidden: 0o022 }), ['ok', /./]],
  [
    "somebody else's, which is not for us to change",
    guard({ ...place, owner: 0, mode: 0o777 }),
    ['failing', /sudo chown jason: \/h\/agents\/a\.env\n$/],
  ],
]);

const gib = 1024 ** 3;
const room: Space = { name: 'state', path: '/h/state', writable: true, free: 20 * gib, inodes: 100_000 };
judges(disk, [
  ['roomy', [room, { ...room, name: 'runtime', free: 12 * 1024 ** 2 }], ['ok', /state 20 GiB, runtime 12 MiB free/]],
  ['small', [{ ...room, free: 100 * 1024 ** 2 }], ['warning', /only 100 MiB/]],
  ['full', [{ ...room, free: 0 }], ['failing', /only 0 MiB/]],
  ['no inodes', [{ ...room, inodes: 3 }], ['failing', /only 3 files/]],
  ['few inodes', [{ ...room, inodes: 500 }], ['warning', /df -i/]],
  ['a file system that counts none', [{ ...room, inodes: null }], ['ok', /./]],
  ['read-only', [{ ...room, writable: false }], ['failing', /findmnt -T/]],
]);

const holder = 'units/mosaic-tmux-holder.service';
const text = 'Owner=muster\n';
const written = new Map([[holder, { text, mode: 0o644 }]]);
const file = { digest: digestOfFile(text, 0o644), ours: true, format: '1.0' };
judges(units, [
  ['none yet', { found: {}, written, needsReload: true }, ['ok', /first apply/]],
  ['as written', { found: { [holder]: file }, written, needsReload: false }, ['ok', /1 files/]],
  [
    'of another version',
    { found: { [holder]: { ...file, digest: digestOfFile('other', 0o644) } }, written, needsReload: false },
    ['warning', /muster apply$/m],
  ],
  [
    'of a newer format',
    { found: { [holder]: { ...file, format: '2.0' } }, written: new Map(), needsReload: false },
    ['failing', /newer muster/],
  ],
  ['of a newer minor format', { found: { [holder]: { ...file, format: '1.7' } }, written, needsReload: false }, ['ok', /./]],
  [
    'not ours',
    { found: { [holder]: { ...file, ours: false } }, written, needsReload: false },
    ['failing', /muster plan --adopt/],
  ],
  ['not read by the manager', { found: { [holder]: file }, written, needsReload: true }, ['warning', /daemon-reload/]],
]);

const connectorThat = (status: Partial<StatusConnector>, from: ConnectorFacts['from'] = 'in-force'): ConnectorFacts => {
  const well: StatusConnector = { state: 'ready', reason: null, detail: '', remedy: null, waiting_in: 0, waiting_out: 0 };
  return { from, fleets: known([{ fleet: 'f', kind: 'matrix', status: { ...well, ...status } }]) };
};

judges<ConnectorFacts>(connectors, [
  ['is ready', connectorThat({}), ['ok', /f by matrix: messages get through\n/]],
  [
    'is ready, of which something is to be known',
    connectorThat({ detail: 'o is not live' }),
    ['ok', /get through, o is not live/],
  ],
  [
    'is not well',
    connectorThat({ state: 'unhealthy', detail: 'no \x1b room', remedy: 'invite it' }),
    ['failing', /do not get through, no \\x1b room\ninvite it\nmuster connector health f/],
  ],
  ['is silent', connectorThat({ state: 'silent' }), ['warning', /systemctl --user restart mosaic-connector@f/]],
  ['is coming up', connectorThat({ state: 'starting' }), ['warning', /on its way/]],
  ['does not run', connectorThat({ state: 'stopped' }), ['failing', /muster apply/]],
  ['does not run yet', connectorThat({ state: 'stopped' }, 'here'), ['ok', /the first apply/]],
  ['has failed', connectorThat({ state: 'failed' }), ['failing', /journalctl/]],
  ['is masked', connectorThat({ state: 'masked' }), ['failing', /unmask/]],
  ['cannot be asked', connectorThat({ state: 'unknown', detail: 'no bus' }), ['unchecked', /no bus/]],
  ['is not needed', connectorThat({ state: 'none' }), ['ok', /no orchestrator/]],
  ['no fleets', { from: 'none', fleets: known([]) }, ['unchecked', /none are here/]],
  ['rosters that are denied', { from: 'here', fleets: unknown('denied') }, ['unchecked', /denied/]],
]);
