/** A bridge over Discord's protocol that is killed again and again while both sides talk. Prints rows as JSON; ends with 1 where anything was lost, doubled or out of order. */
import { soak } from '../connectors/discord/soak.ts';

const [program = '', messages = '10000', kills = '50'] = process.argv.slice(2);
const result = await soak({ program, messages: Number(messages), kills: Number(kills), measured: 500, seed: 7, factor: 30 });
const { heard, seen, expected, identifies, latencies, seconds } = result;

const count = (lanes: Readonly<Record<string, readonly string[]>>): number => Object.values(lanes).flat().length;
const doubled = (lanes: Readonly<Record<string, readonly string[]>>): number =>
  count(lanes) - new Set(Object.values(lanes).flat()).size;
const lost = (lanes: Readonly<Record<string, readonly string[]>>): number => {
  const there = new Set(Object.values(lanes).flat());
  return Object.values(expected)
    .flat()
    .filter((text) => !there.has(text)).length;
};
const inOrder = JSON.stringify([heard, seen]) === JSON.stringify([expected, expected]);
const what = `${messages} messages each way over Discord, ${kills} kills, ${identifies} sessions`;
const losses = `in ${lost(heard)} lost, ${doubled(heard)} doubled; out ${lost(seen)} lost, ${doubled(seen)} doubled; ${inOrder ? 'in order' : 'OUT OF ORDER'}`;
const at = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? Number.NaN;
const rows = [
  { what, against: losses, median: seconds, unit: 's', ratio: '', target: '0 lost, 0 doubled' },
  { what: 'Discord to the inbox', against: 'one at a time', median: at(0.5), p99: at(0.99), ratio: '', target: 'p50 < 50 ms' },
];
process.stdout.write(JSON.stringify(rows));
process.exitCode = inOrder ? 0 : 1;
