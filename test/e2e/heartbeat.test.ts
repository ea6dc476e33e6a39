import { describe, expect } from 'vitest';
import type { Heartbeat, Receipt } from '../../src/model/agents.ts';
import type { PrivateHost } from './host.ts';
import { floor, roster } from './rosters.ts';
import { story } from './story.ts';

/** A program that nothing is known of, with hooks: it reads lines at a prompt, and works on each until it is told to go on. */
const program = `
stty -icanon min 1
muster heartbeat --state idle
while :; do
  printf '$ '
  text=
  while c=$(dd bs=1 count=1 2>/dev/null | od -An -tx1) && [ "$c" != ' 0a' ]; do :; done
  echo '{"hook_event_name":"UserPromptSubmit"}' | muster heartbeat
  until [ -e ~/go-on ]; do sleep 0.05; done
  rm ~/go-on
  echo 'an answer'
  muster heartbeat '{"type":"agent-turn-complete"}'
done
`;

const heartbeat = async (host: PrivateHost): Promise<Heartbeat | null> => {
  const text = await host.readFile(`${host.runtimeDir}/mosaic/agents/coder0/heartbeat.json`);
  return text === null ? null : (JSON.parse(text) as Heartbeat);
};
const says = (host: PrivateHost, state: string) =>
  host.waitFor(`coder0 to say ${state}`, async () => {
    const beat = await heartbeat(host);
    return beat?.state === state && beat;
  });

describe('an agent of which nothing is known', () => {
  story('says by its hooks what it does, and that counts as a receipt', async (host) => {
    await host.writeFiles({ 'agent.sh': { text: program } });
    const runtimes = { toy: { command: 'sleep', args: ['infinity'] }, mine: { command: 'sh', args: ['agent.sh'] } };
    await host.commit({
      'rosters/coding.yaml': roster({ ...floor, coder0: { class: 'implementer', runtime: 'mine' } }, { runtimes }),
    });
    await host.apply();
    const first = await says(host, 'idle');
    expect(first.invocation).toBe((await host.unit('coder0')).invocation);
    const sent = await host.muster(['send', 'coder0', 'Look at issue 12.', '--verify', '--json']);
    expect(JSON.parse(sent.stdout) as Receipt).toMatchObject({
      state: 'turn-started',
      evidence: expect.arrayContaining(['heartbeat']),
    });
    expect(sent.status).toBe(0);
    await says(host, 'busy');
    await host.must(['touch', 'go-on']);
    await says(host, 'idle');

    // A new run has nothing of the old one.
    await host.systemctl('restart', 'mosaic-agent@coder0.service');
    const second = await host.waitFor('the new run to say something', async () => {
      const beat = await heartbeat(host);
      return beat !== null && beat.invocation !== first.invocation && beat;
    });
    expect(second.invocation).toBe((await host.unit('coder0')).invocation);
  });

  story('is not harmed by hooks that do nonsense, and nobody else speaks for it', async (host) => {
    const script = [
      'tell() { "$@" >>~/out 2>>~/err; echo "$?" >>~/statuses; }',
      'tell muster heartbeat --state thinking',
      'echo "garbage \u001b[2J" | tell muster heartbeat',
      'tell muster heartbeat --state busy --agent enhancer',
      'echo \'{"hook_event_name":"MoonRise"}\' | tell muster heartbeat',
      'tell muster heartbeat --state waiting --agent coder0 more words of a hook',
      'chmod 500 "$MOSAIC_RUN"; tell muster heartbeat --state idle; chmod 700 "$MOSAIC_RUN"',
      'echo done >>~/statuses; exec sleep infinity',
    ].join('\n');
    await host.writeFiles({ 'agent.sh': { text: script } });
    const runtimes = { toy: { command: 'sleep', args: ['infinity'] }, mine: { command: 'sh', args: ['agent.sh'] } };
    await host.commit({
      'rosters/coding.yaml': roster({ ...floor, coder0: { class: 'implementer', runtime: 'mine' } }, { runtimes }),
    });
    await host.apply();
    await host.waitFor('the hooks to be done', async () => (await host.readFile('statuses'))?.includes('done'));
    expect((await host.readFile('statuses'))?.trim().split('\n')).toEqual(['4', '4', '7', '0', '0', '1', 'done']);
    expect(await host.readFile('out')).toBe('');
    const said = ((await host.readFile('err')) ?? '').split('\n').filter((line) => line.startsWith('error['));
    expect(said).toEqual([
      'error[heartbeat/state] "thinking" is nothing that an agent says of itself',
      'error[heartbeat/event] what came is no event of a hook that is known here',
      'error[heartbeat/no-agent] this is the agent coder0, not enhancer',
      'error[heartbeat/unwritable] the heartbeat could not be written',
    ]);
    expect(await heartbeat(host)).toMatchObject({ agent: 'coder0', state: 'waiting-for-input' });
    expect((await host.unit('coder0')).restarts).toBe(0);
    const outside = await host.muster(['heartbeat', '--state', 'busy'], { env: { MOSAIC_AGENT: 'coder0' } });
    expect(outside).toMatchObject({ status: 7, stdout: '', stderr: expect.stringContaining('this process runs in no agent') });
  });
});
