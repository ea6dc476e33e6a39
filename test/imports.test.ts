import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { expect, test } from 'vitest';

const source = new URL('../src', import.meta.url).pathname;

/** Which room may import which; the drawing is in `docs/architecture.md`. A room always imports itself. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  model: [],
  git: ['model'],
  roster: ['model'],
  edit: ['model', 'roster'],
  init: ['model', 'roster'],
  config: ['model', 'roster'],
  admission: ['model', 'roster'],
  desired: ['model', 'roster'],
  systemd: ['model'],
  tmux: ['model'],
  host: ['model', 'systemd', 'tmux'],
  observed: ['model'],
  plan: ['model'],
  apply: ['model', 'plan', 'observed'],
  agents: ['model', 'tmux'],
  update: ['model'],
  connectors: ['model', 'roster', 'agents'],
  chat: ['model'],
  sandbox: ['model'],
  doctor: ['model'],
  completion: ['model'],
  controller: ['model', 'git', 'roster', 'admission', 'desired', 'systemd', 'observed', 'plan', 'apply'],
  control: ['model'],
  metrics: ['model'],
  views: ['model', 'plan'],
  cli: [
    'model',
    'git',
    'roster',
    'edit',
    'init',
    'config',
    'admission',
    'desired',
    'systemd',
    'tmux',
    'host',
    'observed',
    'plan',
    'apply',
    'agents',
    'update',
    'connectors',
    'chat',
    'sandbox',
    'doctor',
    'completion',
    'control',
    'controller',
    'metrics',
    'views',
  ],
  main: [
    'model',
    'git',
    'roster',
    'edit',
    'init',
    'config',
    'admission',
    'desired',
    'systemd',
    'tmux',
    'host',
    'observed',
    'plan',
    'apply',
    'agents',
    'update',
    'connectors',
    'chat',
    'sandbox',
    'doctor',
    'completion',
    'control',
    'controller',
    'metrics',
    'views',
    'cli',
    'entry',
  ],
  entry: ['control'],
};

/** Rooms of which only types may be imported, besides: a view knows the shape of what it shows. */
const shapes: Readonly<Record<string, readonly string[]>> = { views: ['apply', 'observed', 'completion'], chat: ['views'] };

/** Rooms that decide and do nothing: no clock, no environment, no input or output. */
const pure = [
  'update',
  'model',
  'roster',
  'edit',
  'init',
  'config',
  'admission',
  'desired',
  'plan',
  'doctor',
  'completion',
  'metrics',
  'views',
  'chat',
];

/** Modules of Node that compute and touch nothing. */
const pureModules = ['node:buffer', 'node:crypto', 'node:path', 'node:util'];

/** What only some files may mention: in code, comments and strings aside. */
const reserved: readonly { readonly what: string; readonly pattern: RegExp; readonly allowed: (file: string) => boolean }[] = [
  {
    what: 'process.exit, process.env, process.argv',
    pattern: /\bprocess\s*\.\s*(?:exit|env|argv|exitCode)\b/,
    allowed: (file) => file === 'main.ts' || file === 'entry.ts',
  },
  { what: 'console', pattern: /\bconsole\s*\./, allowed: () => false },
  {
    what: 'process.stdout, process.stderr, process.stdin',
    pattern: /\bprocess\s*\.\s*(?:stdout|stderr|stdin)\b/,
    // The command of a private host inherits the streams of its caller: whether they are a terminal decides who gets Ctrl-C.
    allowed: (file) => file === 'main.ts' || file === 'sandbox/run.ts',
  },
  {
    what: 'the clock',
    pattern: /\bDate\s*\.\s*now\b|\bnew Date\(\s*\)|\bperformance\s*\.\s*now\b|\bMath\s*\.\s*random\b/,
    allowed: (file) => !pure.includes(roomOf(file)),
  },
];

/** Packages and modules with one home. */
const homes: Readonly<Record<string, (file: string) => boolean>> = {
  'dbus-next': (file) => file === 'systemd/bus.ts' || file === 'systemd/encode.ts',
  'node:child_process': (file) => ['git', 'tmux', 'host', 'sandbox'].includes(roomOf(file)),
  ws: (file) => file === 'connectors/discord/net.ts',
  chokidar: (file) => file === 'git/watch.ts' || file === 'host/watch-files.ts',
  yaml: (file) => roomOf(file) === 'roster' || file === 'edit/layout.ts',
  ajv: (file) => file === 'roster/validator.ts' || file === 'config/validator.ts',
  commander: (file) => roomOf(file) === 'cli' || file === 'main.ts',
  'fast-json-patch': (file) => roomOf(file) === 'plan',
};

interface Source {
  /** From `src/`. */
  readonly file: string;
  readonly text: string;
  /** Module specifiers, of types too; relative ones resolved from `src/`. */
  readonly imports: readonly string[];
}

const sources: readonly Source[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .sort()
  .map((file) => {
    const text = readFileSync(join(source, file), 'utf8');
    return {
      file,
      text,
      imports: specifiers(text).map((specifier) =>
        specifier.startsWith('.') ? posix.join(dirname(file), specifier) : specifier,
      ),
    };
  });

test('every room of the house is in the table', () => {
  expect(sources.length).toBeGreaterThan(10);
  expect(sources.map(({ file }) => roomOf(file)).filter((room) => !(room in rooms))).toEqual([]);
});

test.each(sources)('$file imports only from rooms it may', ({ file, text, imports }) => {
  const room = roomOf(file);
  const allowed = [room, ...(rooms[room] ?? [])];
  const values = valueImports(file, text);
  const strays = imports.filter((path) => path.endsWith('.ts') && !allowed.includes(roomOf(path)));
  expect(strays.filter((path) => values.includes(path) || !shapes[room]?.includes(roomOf(path)))).toEqual([]);
});

test.each(sources)('$file uses packages and modules at home only', ({ file, imports }) => {
  const strays = imports.filter((specifier) =>
    Object.entries(homes).some(([name, isHome]) => isModule(specifier, name) && !isHome(file)),
  );
  expect(strays).toEqual([]);
  if (!pure.includes(roomOf(file))) return;
  expect(imports.filter((specifier) => specifier.startsWith('node:') && !pureModules.includes(specifier))).toEqual([]);
});

test.each(sources)('$file touches neither process nor streams that are not its own', ({ file, text }) => {
  const code = withoutProse(text);
  expect(reserved.filter(({ pattern, allowed }) => pattern.test(code) && !allowed(file)).map(({ what }) => what)).toEqual([]);
});

test('no two files import each other in a circle', () => {
  const graph = new Map(sources.map(({ file, text }) => [file, valueImports(file, text)]));
  expect([...graph.keys()].map((file) => circleFrom(file, graph)).filter((circle) => circle !== null)).toEqual([]);
});

test('these tests see what they look for', () => {
  const text = `import a, { b } from './a.ts';\nimport type { c } from '../c/c.ts';\nexport { d } from './d.ts';\nimport 'yaml';\nconst e = await import('./e.ts');`;
  expect(specifiers(text)).toEqual(['./a.ts', '../c/c.ts', './d.ts', 'yaml', './e.ts']);
  expect(withoutProse("// process.exit\n/* console.log */ const x = 'process.env'; process.exit(1);")).toMatch(
    /^\s*const x = ''; process\.exit\(1\);$/,
  );
  expect(roomOf('main.ts')).toBe('main');
  expect(roomOf(relative('/src', '/src/git/read.ts'))).toBe('git');
});

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '');
}

function isModule(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}

function specifiers(text: string): readonly string[] {
  const statement = /(?:^|[;\s])(?:import|export)\s(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
  return [...text.matchAll(statement)].map((match) => match[1] ?? match[2] ?? '');
}

function valueImports(file: string, text: string): readonly string[] {
  const values = text.replace(/(?:import|export)\s+type\s[^;]*;/g, '').replace(/\bimport\(/g, '');
  return specifiers(values).flatMap((specifier) => (specifier.startsWith('.') ? [posix.join(dirname(file), specifier)] : []));
}

function circleFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): string | null {
  const seen = new Set<string>();
  const queue = [...(graph.get(start) ?? [])];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (file === start) return start;
    if (seen.has(file)) continue;
    seen.add(file);
    queue.push(...(graph.get(file) ?? []));
  }
  return null;
}

/** Code alone: comments dropped, quoted text emptied. Template literals stay: they hold code. */
function withoutProse(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, (match) =>
    match.startsWith('/') ? '' : "''",
  );
}
