/** What differs from run to run and from machine to machine, by a name. */
const names: readonly (readonly [RegExp, string])[] = [
  [/sha256:[0-9a-f]{64}/g, 'sha256:DIGEST'],
  [/\b[0-9a-f]{8}\/[0-9a-f]{8}\b/g, 'COMMIT/PLAN'],
  [/\b[0-9a-f]{40}\b/g, 'COMMIT'],
  [/\bsay-[0-9a-z]+-[0-9a-f]{12}\b/g, 'say-ID'],
  [/\b(?=[a-f]*\d)[0-9a-f]{32}\b/g, 'MACHINE'],
  [/\b(?=[a-f]*\d)(?:[0-9a-f]{12}|[0-9a-f]{8})\b/g, 'COMMIT'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME'],
  [/\d{4}-\d\d-\d\d(?: \d\d:\d\d)?/g, 'DAY'],
  [/\b\d\d:\d\d:\d\d(?:\.\d+)?\b/g, 'TIME'],
  [/\b\d+(?:\.\d+)?( ?m?s)\b/g, 'N$1'],
  [/\/run\/user\/\d+/g, 'RUNTIME'],
  [/(?<![\w.-])(?:\/[\w.-]+)+?\/(?=\.config\/|\.local\/|fleet\b)/g, 'HOME/'],
  [/[\w-]+@sandbox\b/g, 'USER@sandbox'],
  [/\bsandbox-[\w-]+(?=\/(?:admitted|good)\b)/g, 'sandbox-USER'],
  [/(?<![\w-])(linger +)(?!in\b)[\w-]+/g, '$1USER'],
  [/(?<= from )[\w-]+(?=, DAY)/g, 'USER'],
  [/(?<=^DAY )[\w-]+$/gm, 'USER'],
];

export const masked = (text: string): string => names.reduce((all, [pattern, name]) => all.replace(pattern, name), text);

/** Whether the kernel counts memory is up to the machine. */
const uncounted = 'unknown: /agents/*/';

/** Text without the widths of its columns; jobs that end in any order are sorted. */
export function maskedText(text: string): string {
  const lines = masked(text)
    .split('\n')
    .filter((line) => !line.startsWith(uncounted))
    .map((line) => line.replace(/^\[ *\d+\/(\d+)\]/, '[N/$1]').replace(/(?<=[^\s│|+-]) {2,}/g, '  '))
    .map((line) => line.replace(/( Ns {2}\d+ {2})(?:-|[\d.]+[KMG])( {2}Ns )/, '$1MEMORY$2'));
  return sortedRuns(lines).join('\n');
}

function sortedRuns(lines: readonly string[]): readonly string[] {
  const runs: string[][] = [];
  for (const line of lines) {
    const isJob = line.startsWith('[N/');
    const last = runs.at(-1);
    if (isJob && last?.[0]?.startsWith('[N/')) last.push(line);
    else runs.push([line]);
  }
  return runs.flatMap((run) => run.toSorted());
}

/** Fields whose value is up to the machine, or to chance; where one is `null`, it is so by what it tells. */
const volatile = /^(?:pid|passes|ms|took_ms|cpu|since|at|tenant|by|sender)$/;

/** Documents as they are printed (one, or one a line), with the same taken out. */
export function maskedJson(text: string): string {
  return documentsIn(text)
    .map((document) => `${JSON.stringify(maskedValue(document), null, 2)}\n`)
    .join('');
}

const documentsIn = (text: string): readonly unknown[] =>
  text.startsWith('{\n')
    ? [JSON.parse(text)]
    : text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);

function maskedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskedValue);
  if (typeof value === 'string') return masked(value);
  if (typeof value !== 'object' || value === null) return value;
  const isLinger = Object.values(value).includes('linger');
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key === 'memory' || (volatile.test(key) && inner !== null)) return [key, key.toUpperCase()];
    if (key === 'target' && isLinger) return [key, 'USER'];
    // Of a unit that has just been started.
    if (key === 'status' && 'follows' in value) return [key, 'STATUS'];
    return [key, maskedValue(key === 'unknown' && Array.isArray(inner) ? inner.filter(isKnowable) : inner)];
  });
  return Object.fromEntries(entries) as unknown;
}

const isKnowable = (place: unknown): boolean => !JSON.stringify(place).includes('/agents/*/');
