import { spawnSync } from 'node:child_process';
import { expect, inject, test } from 'vitest';
import { packageRoot } from './host.ts';

// Plain JavaScript without types: it runs before anything is compiled.
const {
  svgOf,
  textOf,
}: { svgOf: (command: string, output: string, columns: number) => string; textOf: (svg: string) => string } = await import(
  new URL('../../.build/terminal-svg.js', import.meta.url).href
);

test('pictures show what is printed today', (context) => {
  const reason = inject('noHost');
  if (reason !== '') context.skip(reason);
  const { status, stderr } = spawnSync(process.execPath, ['.build/pictures.js', '--check'], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}, 320_000);

test('a picture has the text of a terminal, its colours, and nothing that would be markup', () => {
  const svg = svgOf('muster ps', '\x1b[1mA\x1b[22m \x1b[31m<b>\x1b[39m & "c"\r\n\n\x1b[2mdim\x1b[22m end\n', 80);
  expect(textOf(svg)).toBe('$ muster ps\nA <b> & "c"\ndim end');
  expect(svg).toContain('<tspan class="bold">A</tspan> <tspan class="red">&lt;b&gt;</tspan> &amp; &quot;c&quot;');
  expect(svg).toContain('<tspan class="dim">dim</tspan> end');
});
