import type { ControllerConfig } from '../model/controller.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { readDocument, withoutEchoes } from '../roster/document.ts';
import { findingsOf, type Judged } from '../roster/findings.ts';
import { plainOf } from '../roster/written.ts';
import { yamlReaderFor } from '../roster/yaml-reader.ts';
import { buildConfig, type ConfigDocument } from './build.ts';
import { configFormat } from './config-format.ts';
import { soundPart } from './sound-part.ts';
import { validateConfig } from './validator.ts';

export interface ReadConfig {
  /** `null` when the file has errors. */
  readonly config: ControllerConfig | null;
  readonly diagnostics: readonly Diagnostic[];
  /** The text as places count it, with what looks like a credential masked. */
  readonly source: string;
}

/** Most bytes that are read of a `controller.yaml`. */
const maxBytes = 64 * 1024;

/**
 * Reads a `controller.yaml`, with every default filled in; an empty one says nothing, and that is fine. Finds all that is
 * wrong with it at once; never throws. `home` is the absolute path that `~/` stands for.
 */
export async function readControllerConfig(text: string, file: string, home: string): Promise<ReadConfig> {
  if (Buffer.byteLength(text) > maxBytes) return { config: null, diagnostics: [tooLarge(file)], source: '' };
  const document = readDocument(file, text, await yamlReaderFor([text]));
  const { judged, problems, suspects } = document;
  const source = document.masked();
  if (judged === null && problems.length === 0) return { ...buildConfig({}, home, () => ({ file, line: 1, column: 1 })), source };
  if (judged === null) return { config: null, diagnostics: problems.map(asConfig), source };
  const secrets = suspects.map((span) => secret(span.looksLike, judged.placeOf(span)));
  const { config, diagnostics } = judge(judged, home);
  const all = onePerPlace(withoutEchoes([...problems, ...secrets], diagnostics)).map(asConfig);
  return { config: all.length > 0 ? null : config, diagnostics: all, source };
}

function judge(judged: Judged, home: string): Omit<ReadConfig, 'source'> {
  const data = plainOf(judged.root);
  const { ok, errors } = validateConfig(data);
  if (ok) return buildConfig(data as ConfigDocument, home, judged.locate);
  const rest = soundPart(data, errors);
  const more = validateConfig(rest).ok ? buildConfig(rest as ConfigDocument, home, judged.locate).diagnostics : [];
  return { config: null, diagnostics: [...findingsOf(errors, judged, configFormat), ...more] };
}

const tooLarge = (file: string): Diagnostic => ({
  severity: 'error',
  code: 'config/syntax',
  summary: 'this file is larger than 64 KiB',
  hint: 'is it the right one?',
  place: { file, line: 1, column: 1 },
});

const secret = (looksLike: string, place: Diagnostic['place']): Diagnostic => ({
  severity: 'error',
  code: 'config/value',
  summary: `this looks like ${looksLike}`,
  detail: 'This file is for settings; a secret in it would be in every copy of it.',
  hint: "take it out: git's credential helpers and the files of a hook's own can hold it",
  ...(place === undefined ? {} : { place }),
});

/** Where a value is of the wrong type, it is none of the choices either: that is said once. */
const onePerPlace = (findings: readonly Diagnostic[]): Diagnostic[] =>
  findings.filter(
    ({ place }, index) =>
      findings.findIndex((one) => one.place?.line === place?.line && one.place?.column === place?.column) === index,
  );

/** The reader of rosters has codes for what rosters can have wrong; here two will do. */
function asConfig(diagnostic: Diagnostic): Diagnostic {
  const ofText = ['roster/syntax', 'roster/too-large', 'roster/aliases', 'config/syntax'].includes(diagnostic.code);
  return { ...diagnostic, code: ofText ? 'config/syntax' : 'config/value' };
}
