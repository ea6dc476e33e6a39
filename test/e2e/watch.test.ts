import { describe, expect } from 'vitest';
import type { PrivateHost } from './host.ts';
import { floor, roster } from './rosters.ts';
import { story } from './story.ts';
import { Viewer } from './viewer.ts';

const stub = { class: 'implementer', runtime: 'stub' };

async function fleet(host: PrivateHost, agents: Readonly<Record<string, typeof stub>>): Promise<void> {
  await host.commit({ 'rosters/coding.yaml': roster({ ...floor, ...agents }) });
  await host.apply();
  for (const agent of Object.keys(agents)) await shows(host, agent, '· idle');
}

const shows = (host: PrivateHost, agent: string, text: string) =>
  host.waitFor(`${agent} to show ${text}`, async () =>
    (await host.tmux('capture-pane', '-p', '-t', `=${agent}:`)).stdout.includes(text),
  );

/** Everything of all sessions that a client could change, but window names, which tmux makes of programs, and what the agent's program was given. */
async function all(host: PrivateHost, agent: string): Promise<string> {
  const target = `=${agent}:`;
  const formats = [
    '#{session_id} #{session_name} #{session_windows} #{session_attached} #{session_group} #{session_activity}',
    '#{window_id} #{window_width}x#{window_height} #{window_panes} #{window_zoomed_flag} #{window_flags}',
    '#{pane_id} #{pane_pid} #{pane_width}x#{pane_height} #{pane_mode} #{pane_in_mode} #{pane_synchronized} #{pane_input_off} #{pane_title}',
    '#{cursor_x},#{cursor_y} #{history_size} #{scroll_position}',
  ];
  const looks = [
    ['list-panes', '-a', '-F', formats.join(' ')],
    ['capture-pane', '-p', '-e', '-S', '-', '-t', target],
    ['show-options', '-t', target],
    ['show-options', '-g'],
    ['show-options', '-w', '-t', target],
    ['list-clients'],
    ['list-buffers'],
    ['show-environment', '-t', target],
  ];
  const texts: string[] = [];
  for (const look of looks) texts.push((await host.tmux(...look)).stdout);
  const transcript = await host.readFile(`${host.runtimeDir}/mosaic/agents/${agent}/transcript.jsonl`);
  return [...texts, transcript ?? 'nothing was said'].join('\n---\n');
}

const bytesOf = (text: string): number[] => [...Buffer.from(text)];
const quits = bytesOf('q\x03');
const everyKey = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !quits.includes(byte));
/** Function keys, cursor keys with modifiers, Alt and a letter, a paste with its submit, a mouse, focus, and answers of terminals. */
const sequences = [
  ...['A', 'B', 'C', 'D', 'H', 'F', 'Z', '1~', '2~', '3~', '5~', '6~', '15~', '24~', '1;2A', '1;5C', '13;2u'].map(
    (end) => `\x1b[${end}`,
  ),
  ...['P', 'Q', 'R', 'S', 'A'].map((end) => `\x1bO${end}`),
  '\x1bx\x1b\r\x1b\x1b',
  '\x1b[200~pasted text\r\x1b[201~\r',
  '\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;10;5M\x1b[M !!',
  '\x1b[I\x1b[O',
  '\x1b[?1;2c\x1b[24;80R',
];
/** The prefix of tmux with what it does: command line, kill, copy mode, split, new window, resize, detach, list keys. */
const prefixed = [':kill-server\r', 'x', 'y', '&', '[', '%', '"', 'c', '\x1b[1;5A', 'd', '?', '$', ',', ' ', '!'].map(
  (key) => `\x02${key}`,
);

describe('muster watch', () => {
  story('shows an agent, and nothing that is typed reaches it or changes its session', async (host) => {
    await fleet(host, { coder0: stub });
    const viewer = new Viewer(host);
    const before = await all(host, 'coder0');
    await viewer.open('muster watch coder0');
    await viewer.sees('coder0 · idle');
    await viewer.sees('Only watching');

    for (const byte of everyKey) await viewer.types([byte]);
    for (const keys of [...sequences, ...prefixed]) await viewer.types(bytesOf(keys).filter((byte) => !quits.includes(byte)));
    await viewer.tmux('resize-window', '-t', 'v', '-x', '61', '-y', '11');
    await viewer.types(bytesOf('hello\r'));
    await viewer.sees('q leaves');
    expect(await all(host, 'coder0')).toBe(before);

    await viewer.tmux('resize-window', '-t', 'v', '-x', '100', '-y', '20');
    await viewer.types(bytesOf('q'));
    await viewer.sees('left with 0');
    expect(await viewer.screen()).toMatch(/ icanon .* echo /s);
    expect(await viewer.tmux('display-message', '-p', '-t', 'v', '#{alternate_on} #{cursor_flag} #{wrap_flag}')).toBe('0 1 1\n');
    expect(await all(host, 'coder0')).toBe(before);

    // What would have been seen if it had: an ordinary client.
    await viewer.tmux('respawn-window', '-k', '-t', 'v', 'env -u TMUX tmux -N -L mosaic attach -t =coder0:');
    await host.waitFor('a client', async () => (await host.tmux('list-clients')).stdout !== '');
    await viewer.types(bytesOf('hello\r'));
    await shows(host, 'coder0', 'got: hello');
    expect(await all(host, 'coder0')).not.toBe(before);
  });

  story('follows an agent that ends and comes back, and is left by Ctrl-C', async (host) => {
    await fleet(host, { coder0: stub });
    const viewer = new Viewer(host);
    await viewer.open('muster watch coder0');
    await viewer.sees('coder0 · idle');
    await host.systemctl('stop', 'mosaic-agent@coder0.service');
    await viewer.sees('does not run now');
    await host.systemctl('start', 'mosaic-agent@coder0.service');
    await host.waitFor('it to be seen again', async () => !(await viewer.screen()).includes('does not run'));
    await viewer.types([3]);
    await viewer.sees('left with 0');
  });

  story('tiles all agents as they come and go', async (host) => {
    await fleet(host, { coder0: stub, coder1: stub });
    const viewer = new Viewer(host);
    const before = await all(host, 'coder1');
    await viewer.open('muster watch --all');
    for (const text of ['coder0 · idle', 'coder1 · idle', '4 agents']) await viewer.sees(text);
    for (const byte of everyKey) await viewer.types([byte]);
    await viewer.types(bytesOf('\x1b'));
    await viewer.sees('4 agents');
    expect(await all(host, 'coder1')).toBe(before);
    await host.systemctl('stop', 'mosaic-agent@coder0.service');
    await viewer.sees('3 agents');
    await host.systemctl('start', 'mosaic-agent@coder0.service');
    await viewer.sees('4 agents');
    await viewer.types(bytesOf('q'));
    await viewer.sees('left with 0');
  });

  story('prints one frame where there is no terminal; who cannot be seen is told apart', async (host) => {
    await fleet(host, { coder0: stub });
    expect(await host.muster(['watch', 'coder0'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Stub agent: coder0.*\n[\s\p{L}\p{P}\p{S}]*coder0 · idle\n$/u),
      stderr: '',
    });
    expect((await host.muster(['watch', '--all'])).stdout).toMatch(/^== coder0: idle ==\nStub agent[\s\S]*^== enhancer: /m);
    expect(await host.muster(['watch', 'codr0'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Did you mean coder0?'),
    });
    for (const wrong of [[], ['coder0', '--all']]) expect((await host.muster(['watch', ...wrong])).status).toBe(4);
    await host.tmux('set-option', '-t', '=coder0:', '@muster_incarnation', 'other');
    expect(await host.muster(['watch', 'coder0'])).toMatchObject({
      status: 11,
      stderr: expect.stringMatching(/^error\[agent\/no-session\] /),
    });
    await host.systemctl('stop', 'mosaic-agent@coder0.service');
    expect(await host.muster(['watch', 'coder0'])).toMatchObject({
      status: 10,
      stderr: expect.stringMatching(/^error\[agent\/down\] /),
    });
    await host.systemctl('stop', 'mosaic-tmux-holder.service');
    expect(await host.muster(['watch', '--all'])).toMatchObject({
      status: 10,
      stderr: expect.stringContaining('no agent runs here'),
    });
  });
});
