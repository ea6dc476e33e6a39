import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** A file beside the tests as a program that Node runs as it is. */
export async function bundled(entry: URL): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'program-')), 'program.mjs');
  await build({
    entryPoints: [entry.pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
}
