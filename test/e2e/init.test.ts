import { describe, expect } from 'vitest';
import type { PrivateHost } from './host.ts';
import { story } from './story.ts';
import { Viewer } from './viewer.ts';

const everything = (host: PrivateHost): Promise<string> => host.must(['find', 'new', '-mindepth', '1']);

/** A wizard in a terminal of its own, in an empty directory. */
async function wizard(host: PrivateHost, flags = '', { rows = 60, columns = 80 } = {}): Promise<Viewer> {
  await host.must(['mkdir', '-p', 'new']);
  const viewer = new Viewer(host);
  await viewer.open(`cd new; NO_COLOR=1 muster init ${flags}`, rows, columns);
  return viewer;
}

/** Also what has left the screen by now. */
const said = (host: PrivateHost, viewer: Viewer, text: string): Promise<unknown> =>
  host.waitFor(text, async () => (await viewer.tmux('capture-pane', '-p', '-J', '-S', '-', '-t', 'v')).includes(text));

const enter = [0x0d];
const answer = (viewer: Viewer, text: string): Promise<void> => viewer.types([...Buffer.from(text), ...enter]);

describe('muster init on a terminal', () => {
  story('asks, shows, writes, and sets the controller up: from nothing to a running fleet', async (host) => {
    const viewer = await wizard(host);
    await viewer.sees('Where does its git repository live, or is to? [.]:');
    await answer(viewer, '');
    await viewer.sees('What is the fleet for?');
    await answer(viewer, 'codign');
    await viewer.sees('Did you mean coding?');
    await answer(viewer, '2');
    // With nothing installed there is nothing to choose from.
    await viewer.sees('How do you talk to its orchestrator?');
    await answer(viewer, '');
    await viewer.sees('Which system checks the repository?');
    await answer(viewer, 'none');
    await viewer.sees('Write and commit this?');
    expect(await viewer.screen()).toContain('+ rosters/coding.yaml');
    expect(await everything(host)).toBe('');
    await answer(viewer, 's');
    await said(host, viewer, 'You are the orchestrator of a fleet of agents');
    await answer(viewer, 'y');
    await viewer.sees('Install the controller');
    expect(await viewer.screen()).toMatch(/\+ agent coder0 +write, enable, start/);
    await answer(viewer, 'y');
    await viewer.sees('left with 0');
    expect((await host.must(['git', '-C', 'new', 'log', '--format=%s'])).trim()).toBe('Begin the fleet coding');
    const agents = ['coder0', 'coder1', 'enhancer', 'orchestrator', 'reviewer'];
    await host.waitFor('the fleet to run', async () => (await host.activeAgents()).join() === agents.join(), 60_000);
  });

  for (const [name, bytes] of [
    ['Ctrl-C', [0x03]],
    ['Ctrl-D', [0x04]],
  ] as const) {
    story(`writes nothing where ${name} ends it at the first question`, async (host) => {
      const viewer = await wizard(host);
      await viewer.sees('Where does its git repository live');
      await viewer.types(bytes);
      await viewer.sees('left with 1');
      expect(await viewer.screen()).toContain('nothing was done: the questions were broken off');
      expect(await everything(host)).toBe('');
    });

    story(`writes nothing where ${name} ends it at the last`, async (host) => {
      const viewer = await wizard(host, 'deep/er --profile general --runtime stub --connector tmux --ci none');
      await viewer.sees('Write and commit this?');
      await viewer.types(bytes);
      await viewer.sees('left with 1');
      // The terminal is as it was: what is typed is seen, and Ctrl-C is a signal.
      await viewer.sees('echoke');
      expect(await viewer.screen()).toMatch(/(?<!-)isig[\s\S]*(?<!-)echo /);
      expect(await everything(host)).toBe('');
    });
  }

  story('is usable where the terminal is tiny, and no means no', async (host) => {
    const viewer = await wizard(host, '. --profile general --runtime stub --connector tmux', { rows: 8, columns: 30 });
    await viewer.sees('[github]');
    await answer(viewer, '4');
    await viewer.sees('[y/N');
    await answer(viewer, 'n');
    await said(host, viewer, 'left with 1');
    expect(await everything(host)).toBe('');
  });

  story('takes what a chat connector needs, and says what is wrong with it', async (host) => {
    const viewer = await wizard(host, '. --profile general --runtime stub --ci none');
    await viewer.sees('How do you talk');
    await answer(viewer, 'matrix');
    await viewer.sees('Address of the homeserver');
    await answer(viewer, '');
    await viewer.sees('It needs an answer.');
    await answer(viewer, 'https://matrix.example.internal');
    await viewer.sees('User that the fleet speaks as');
    await answer(viewer, '@mos:example.internal');
    await viewer.sees('Room, such as');
    await answer(viewer, '!abc:example.internal');
    await viewer.sees('Who may speak to it');
    await answer(viewer, '@jason:example.internal');
    const admitted = host.waitFor('it to be judged', async () => /Write and commit|left with/.test(await viewer.screen()));
    await admitted;
    // Where this version cannot serve the kind, it is refused with the reason, and nothing is written.
    expect(await viewer.screen()).toMatch(/kind: matrix[\s\S]*Write and commit|connector\/unavailable[\s\S]*left with 3/);
    expect(await everything(host)).toBe('');
  });
});
