import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOfFile } from '../../src/model/digest.ts';
import { type FileReader, type FileWriter, PortError } from '../../src/model/ports.ts';

export interface FilesOnTrial {
  readonly reader: FileReader;
  readonly writer: FileWriter;
  close(): Promise<void>;
}

const environment = '# muster format_version=1.0; written by muster\nMOSAIC_AGENT="coder0"\n';
const facts = '<!-- muster format_version=1.0; written by muster -->\n# Fleet coding\n';
const unit = '[Unit]\nDescription=x\n\n[X-Muster]\nOwner=muster\nFormatVersion=1.0\n\n[Service]\n';

export function filesContract(make: () => Promise<FilesOnTrial>): void {
  let host: FilesOnTrial;
  const list = (also: readonly string[] = []) => host.reader.list(also);
  const write = (key: string, text: string, mode = 0o600) => host.writer.write(key, { text, mode });

  beforeEach(async () => {
    host = await make();
  });
  afterEach(() => host.close());

  test('a host without any of our directories has no files', async () => {
    expect(await list(['roles/coder.md', 'bin/muster'])).toEqual({});
  });

  test('what was written is there, by its digest', async () => {
    await write('agents/coder0.env', environment);
    await write('fleets/coding.md', facts, 0o644);
    await write('units/mosaic-agent@.service', unit, 0o644);
    await write('units/mosaic-agent@coder0.service.d/muster.conf', unit, 0o644);
    expect(await list()).toEqual({
      'agents/coder0.env': { digest: digestOfFile(environment, 0o600), ours: true, format: '1.0' },
      'fleets/coding.md': { digest: digestOfFile(facts, 0o644), ours: true, format: '1.0' },
      'units/mosaic-agent@.service': { digest: digestOfFile(unit, 0o644), ours: true, format: '1.0' },
      'units/mosaic-agent@coder0.service.d/muster.conf': { digest: digestOfFile(unit, 0o644), ours: true, format: '1.0' },
    });
    await write('agents/coder0.env', `${environment}MOSAIC_CLASS="worker"\n`);
    expect((await list())['agents/coder0.env']?.digest).toBe(digestOfFile(`${environment}MOSAIC_CLASS="worker"\n`, 0o600));
  });

  test('roles and programs are listed when asked for', async () => {
    await write('roles/coder.md', '# Coder\n', 0o644);
    await write('bin/muster', '#!/bin/sh\n# muster format_version=1.0\n', 0o755);
    expect(await list()).toEqual({});
    expect(await list(['roles/coder.md', 'roles/absent.md', 'bin/muster'])).toEqual({
      'roles/coder.md': { digest: digestOfFile('# Coder\n', 0o644), ours: false },
      'bin/muster': { digest: digestOfFile('#!/bin/sh\n# muster format_version=1.0\n', 0o755), ours: true, format: '1.0' },
    });
  });

  test('the mode is part of the digest: a program that nobody may run is another file', async () => {
    await write('bin/muster', '#!/bin/sh\n', 0o755);
    const before = (await list(['bin/muster']))['bin/muster']?.digest;
    await write('bin/muster', '#!/bin/sh\n', 0o644);
    expect((await list(['bin/muster']))['bin/muster']?.digest).not.toBe(before);
  });

  test('a file is read back with its mode, and an absent one as nothing', async () => {
    await write('agents/coder0.env', environment);
    expect(await host.reader.read('agents/coder0.env')).toEqual({ text: environment, mode: 0o600 });
    expect(await host.reader.read('agents/coder1.env')).toBeNull();
  });

  test('a removed file is gone; removing it again is done already', async () => {
    await write('agents/coder0.env', environment);
    await host.writer.remove('agents/coder0.env');
    await host.writer.remove('agents/coder0.env');
    await host.writer.remove('units/mosaic-agent@coder0.service.d/muster.conf');
    expect(await list()).toEqual({});
  });

  describe('the marker', () => {
    const rows = [
      ['agents/coder0.env', 'MOSAIC_AGENT=coder0\n', { ours: false }],
      ['agents/coder0.env', `\n\n${environment}`, { ours: true, format: '1.0' }],
      ['agents/coder0.env', `\n\n\n${environment}`, { ours: false }],
      ['agents/coder0.env', '# muster format_version=2.3\n', { ours: true, format: '2.3' }],
      ['agents/coder0.env', 'X="muster format_version=1.0"\n', { ours: false }],
      ['roles/coder.md', '# Coder\n\n<!-- muster format_version=1.0; written by muster -->\n', { ours: true, format: '1.0' }],
      ['roles/coder.md', '# Coder\n\n<!-- muster format_version=1.0 -->\nAnd be kind.\n', { ours: true, format: '1.0' }],
      ['roles/coder.md', '<!-- muster format_version=1.0 -->\n# Coder\n', { ours: false }],
      ['roles/coder.md', '# Coder\n\n<!-- muster format_version=1.0 --> is a mark\n', { ours: false }],
      ['fleets/coding.md', `${facts}And be kind.\n`, { ours: true, format: '1.0' }],
      ['fleets/coding.md', '# Fleet coding\n\n\n<!-- muster format_version=1.0 -->\n', { ours: false }],
      ['units/mosaic-agent@.service', '[Service]\n# muster format_version=1.0\n', { ours: false }],
      ['units/mosaic-agent@.service', '[X-Muster]\nOwner=somebody\n', { ours: false }],
      ['units/mosaic-agent@.service', '[X-Muster]\nOwner=muster\nFormatVersion=2.0\n', { ours: true, format: '2.0' }],
      ['units/mosaic-agent@.service', '[X-Muster]\n[Service]\nOwner=muster\n', { ours: false }],
    ] as const;
    test.each(rows)('%s with %j', async (key, text, marker) => {
      await write(key, text);
      expect((await list(['roles/coder.md']))[key]).toEqual({ digest: digestOfFile(text, 0o600), ...marker });
    });
  });

  test.each([
    '../outside',
    'agents/../../outside',
    'units/..',
    'agents',
    'agents/',
    '/etc/passwd',
    'secrets/token',
    'agents/a b.env',
    'agents/.',
    '',
  ])('%j is no file of ours', async (key) => {
    await expect(write(key, 'x')).rejects.toMatchObject({ kind: 'refused' });
    await expect(host.writer.remove(key)).rejects.toBeInstanceOf(PortError);
    await expect(host.reader.list([key])).rejects.toBeInstanceOf(PortError);
  });
}
