/** What a message by Matrix costs beyond Matrix itself, and whether any gets lost over a long time; against a real homeserver. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bridge, soak } from '../connectors/synapse/soak.ts';
import { Synapse } from '../connectors/synapse/synapse.ts';

const [program = ''] = process.argv.slice(2);
const samples = Number(process.env.MUSTER_BENCH_SAMPLES ?? 100);
const settleMs = 100;
const messages = Number(process.env.MUSTER_BENCH_MESSAGES ?? 10_000);

interface Row {
  readonly what: string;
  readonly against: string;
  readonly median: number;
  readonly p99?: number;
  readonly unit?: string;
  readonly ratio: string;
  readonly target: string;
}

async function measure(): Promise<readonly Row[]> {
  const synapse = await Synapse.start({ extra: 'rc_message: {per_second: 100, burst_count: 100}\n' });
  if (typeof synapse === 'string') {
    process.stderr.write(`SKIPPED matrix: ${synapse}\n`);
    return [];
  }
  try {
    return [...(await latencies(synapse)), ...(await endurance(synapse))];
  } finally {
    await synapse.end();
  }
}

async function latencies(server: Synapse): Promise<readonly Row[]> {
  await using bridge = await Bridge.make(server, program);
  await bridge.start();
  const inbound: number[] = [];
  const outbound: number[] = [];
  const curl: number[] = [];
  for (let sample = -5; sample < samples; sample += 1) {
    const keep = (times: number[], took: number): void => {
      if (sample >= 0) times.push(took);
    };
    // What the sample before has set off comes to its end.
    await sleep(settleMs);
    const asked = `asked ${sample + 5}`;
    await bridge.room.say('operator', asked);
    const said = Date.now();
    keep(inbound, (await told(bridge, (news) => news.kind === 'handed' && news.text === asked)) - said);
    await sleep(settleMs);
    const answer = `answer-${sample + 5}`;
    const queued = performance.timeOrigin + performance.now();
    await bridge.queue([answer]);
    keep(outbound, (await told(bridge, (news) => news.kind === 'said' && news.id === `say-${answer}`)) - queued);
    await sleep(settleMs);
    keep(curl, bareCurl(server, bridge, sample + 5));
  }
  const idle = await idleNode();
  return [
    {
      what: 'from the homeserver to the inbox',
      against: '',
      median: median(inbound),
      p99: quantile(inbound, 0.99),
      ratio: '',
      target: 'median < 100',
    },
    {
      what: 'from the queue to the receipt of the homeserver',
      against: `curl -X PUT (${median(curl).toFixed(0)} ms)`,
      median: median(outbound),
      p99: quantile(outbound, 0.99),
      ratio: (median(outbound) / median(curl)).toFixed(2),
      target: '<= 1.3',
    },
    {
      // `muster connector serve` collects garbage by itself, besides.
      what: 'resident memory of a bare bridge',
      against: `idle node (${idle.toFixed(0)} MiB)`,
      median: residentOf(bridge.pid),
      unit: 'MiB',
      ratio: (residentOf(bridge.pid) / idle).toFixed(2),
      target: '',
    },
  ];
}

async function told(bridge: Bridge, isIt: (news: Bridge['news'][number]) => boolean): Promise<number> {
  for (;;) {
    const news = bridge.news.find(isIt);
    if (news !== undefined) return news.at;
    await sleep(1);
  }
}

/** The same request, by a process of its own. */
function bareCurl(server: Synapse, { room, stateDir }: Bridge, sample: number): number {
  const header = path.join(stateDir, 'header');
  writeFileSync(header, `Authorization: Bearer ${server.account('fleet').access_token}\n`, { mode: 0o600 });
  const url = `${server.url}${room.path}/send/m.room.message/bare-${sample}`;
  const body = JSON.stringify({ msgtype: 'm.text', body: `bare ${sample}` });
  const began = performance.now();
  const { status } = spawnSync('curl', ['-fsS', '-o', '/dev/null', '-X', 'PUT', '-H', `@${header}`, '-d', body, url]);
  if (status !== 0) throw new Error(`curl ended with ${status}`);
  return performance.now() - began;
}

async function endurance(server: Synapse): Promise<readonly Row[]> {
  process.stderr.write(`  ${messages} messages each way, 50 kills of the bridge, 5 of the homeserver\n`);
  const { expected, heard, said, limited, seconds } = await soak(server, { program, messages, kills: 50, crashes: 5 });
  const row = (what: string, seen: readonly string[]): Row => ({
    what,
    against: `${expected.length} in ${seconds.toFixed(0)} s, ${limited} times 429`,
    median: faults(expected, seen),
    unit: 'lost, doubled or misplaced',
    ratio: '',
    target: '0',
  });
  return [row('  heard', heard), row('  said', said)];
}

function faults(expected: readonly string[], seen: readonly string[]): number {
  const lost = expected.filter((text) => !seen.includes(text)).length;
  const doubled = seen.length - new Set(seen).size;
  const misplaced = seen.filter((text, at) => text !== expected[at]).length;
  return lost + doubled + misplaced;
}

async function idleNode(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await sleep(1000);
  const resident = residentOf(child.pid ?? 0);
  child.kill();
  return resident;
}

const residentOf = (pid: number): number =>
  Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

process.stdout.write(`${JSON.stringify(await measure())}\n`);
