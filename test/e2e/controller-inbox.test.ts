import { describe, expect } from 'vitest';
import { Controller, controlled } from './controller.ts';
import type { PrivateHost } from './host.ts';
import { type Agents, floor } from './rosters.ts';
import { story } from './story.ts';

const stub: Agents[string] = { class: 'implementer', runtime: 'stub', env: { STUB_QUIRKS: 'turn=1' } };

/** What the stub began a turn with, in this run. */
async function heard(host: PrivateHost, agent: string): Promise<string[]> {
  const lines = (await host.readFile(`${host.runtimeDir}/mosaic/agents/${agent}/transcript.jsonl`))?.trim().split('\n') ?? [];
  const records = lines.filter(Boolean).map((line) => JSON.parse(line) as { type: string; text: string });
  return records.flatMap(({ type, text }) => (type === 'user' ? [text] : []));
}

const hears = (host: PrivateHost, agent: string, texts: readonly string[]) =>
  host.waitFor(`${agent} to hear ${texts}`, async () => JSON.stringify(await heard(host, agent)) === JSON.stringify(texts));

const shows = (host: PrivateHost, agent: string, text: string) =>
  host.waitFor(`${agent} to show ${text}`, async () =>
    (await host.tmux('capture-pane', '-p', '-t', `=${agent}:`)).stdout.includes(text),
  );

describe('a controller', () => {
  story('delivers what waits as soon as an agent takes it, also after it was killed itself', async (host) => {
    const { controller } = await controlled(host, { ...floor, coder0: stub, coder1: stub });
    await shows(host, 'coder0', 'coder0 · idle');
    await host.tmux('send-keys', '-t', '=coder0:', '-l', 'half a mess');
    await shows(host, 'coder0', 'half a mess');
    const sent = await host.muster(['send', 'coder0', 'after the draft', '--id', 'm1']);
    expect(sent.stdout).toContain('there is a draft in its composer');
    expect(sent.stdout).toContain('The controller delivers what waits, as soon as the agent takes it.');
    expect((await host.muster(['inbox', 'coder0'])).stdout).toContain('The controller delivers what waits');

    await controller.kill();
    expect((await host.muster(['inbox', 'coder0'])).stdout).toContain(
      'No controller runs. To deliver what waits: muster inbox coder0 --deliver',
    );
    const next = new Controller(host);
    await next.saw('following');
    await host.tmux('send-keys', '-t', '=coder0:', 'C-u');
    await hears(host, 'coder0', ['after the draft']);
    await next.saw('coder0: message m1  turn-started');

    // The run of before has taken nothing with it; the one that comes back gets what was sent meanwhile.
    await host.muster(['suspend', 'coder1']);
    await host.systemctl('stop', 'mosaic-agent@coder1.service');
    const ids = ['a', 'b', 'c'];
    for (const id of ids) await host.muster(['send', 'coder1', `part ${id}`, '--id', id]);
    expect((await host.muster(['send', 'coder1', `part a`, '--id', 'a'])).stdout).toContain(
      'The controller waits until it is resumed.',
    );
    await host.systemctl('start', 'mosaic-agent@coder1.service');
    await shows(host, 'coder1', 'coder1 · idle');
    expect(await heard(host, 'coder1')).toEqual([]);
    await host.muster(['resume', 'coder1']);
    await hears(
      host,
      'coder1',
      ids.map((id) => `part ${id}`),
    );
    expect(await host.json(['inbox', 'coder1'])).toMatchObject({ entries: [] });
    await next.stop();
  });
});
