import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentTemplate, agentUnit } from '../../src/model/names.ts';
import { readingAnew } from '../../src/systemd/recall.ts';
import { unitFilesReader } from '../../src/systemd/unit-files.ts';

const coder = agentUnit('coder0');

describe('of several unit directories', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'unit-files-'));
    for (const directory of ['user', 'user.control', 'vendor']) mkdirSync(join(root, directory));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const unitPath = (...directories: readonly string[]) => directories.map((directory) => join(root, directory));
  const look = (...directories: readonly string[]) =>
    unitFilesReader(readingAnew)(unitPath(...directories), join(root, 'run')).of(coder);

  test('the first one that has a unit has the say', () => {
    symlinkSync('/dev/null', join(root, 'user', coder));
    writeFileSync(join(root, 'vendor', coder), '[Install]\nWantedBy=default.target\n');
    expect(look('user.control', 'user', 'vendor')).toEqual({ enablement: 'masked' });
    expect(look('user.control', 'vendor', 'user')).toEqual({ enablement: 'disabled', ownFile: join(root, 'vendor', coder) });
  });

  test('links of each count, whichever has the unit', () => {
    writeFileSync(join(root, 'user', agentTemplate), '[Install]\nWantedBy=default.target\n');
    expect(look('user.control', 'user', 'vendor').enablement).toBe('disabled');
    mkdirSync(join(root, 'vendor/default.target.wants'));
    symlinkSync('../x', join(root, 'vendor/default.target.wants', coder));
    expect(look('user.control', 'user', 'vendor').enablement).toBe('static');
    mkdirSync(join(root, 'user/default.target.wants'));
    symlinkSync('../x', join(root, 'user/default.target.wants', coder));
    expect(look('user.control', 'user', 'vendor').enablement).toBe('enabled');
  });
});
