import { Composer, type CST, type DocumentOptions, type ParseOptions, Parser, type SchemaOptions } from 'yaml';
import type { TextProblem } from './text-problem.ts';
import type { Written } from './written.ts';
import { valuesOf } from './yaml-values.ts';
import { syntaxProblem } from './yaml-words.ts';

export interface ReadYaml {
  /** `null` when there is nothing that could be judged further. */
  readonly root: Written | null;
  readonly problems: readonly TextProblem[];
}

/** Findings of the text itself after which reading on tells nobody anything. */
const maxErrors = 50;

/** One YAML 1.2 document by the core schema: no merge keys, no tags, keys are text. Collects every problem; never throws. */
export function readYaml(text: string): ReadYaml {
  try {
    const { tokens, problems } = tokensOf(text);
    const tangle = measure(tokens);
    if (tangle !== null) return { root: null, problems: [tangle] };
    const [document] = new Composer(options).compose(tokens, true, text.length);
    for (const error of [...(document?.errors ?? []), ...(document?.warnings ?? [])]) problems.push(syntaxProblem(error));
    if (problems.length > 0 || !document || document.contents === null) return { root: null, problems };
    return valuesOf(document.contents, text.length);
  } catch {
    // A defect of the parser must not reach a user as a crash.
    return { root: null, problems: [{ code: 'roster/syntax', summary: 'this file cannot be read as YAML', start: 0, end: 0 }] };
  }
}

const options: DocumentOptions & SchemaOptions & ParseOptions = {
  uniqueKeys: false, // its check is quadratic in the number of keys; done where values are read
  merge: false,
  logLevel: 'silent',
  prettyErrors: false,
};

/** The tokens of the first document. */
function tokensOf(text: string): { readonly tokens: CST.Token[]; readonly problems: TextProblem[] } {
  const tokens: CST.Token[] = [];
  let documents = 0;
  let errors = 0;
  for (const token of new Parser().parse(text)) {
    if (token.type === 'document') documents += 1;
    if (token.type === 'error') errors += 1;
    if (documents > 1) return { tokens, problems: [secondDocument(token.offset)] };
    tokens.push(token);
    if (errors > maxErrors) break;
  }
  return { tokens, problems: [] };
}

const secondDocument = (offset: number): TextProblem => ({
  code: 'roster/syntax',
  summary: 'this file has more than one document',
  hint: 'keep one document per file: take the line --- out',
  start: offset,
  end: offset + 1,
});

const maxDepth = 100;
const maxTokens = 500_000;

/** What follows recurses into the document: a deep one would end the whole process, not only its reading. */
function measure(tokens: readonly CST.Token[]): TextProblem | null {
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of tokens) if (token.type === 'document') open.push({ token, depth: 0 });
  let count = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    count += 1 + ('end' in token ? (token.end?.length ?? 0) : 0);
    if (depth > maxDepth)
      return { code: 'roster/syntax', summary: 'this file is nested too deeply', start: token.offset, end: token.offset + 1 };
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth: depth + 1 });
    for (const { start, key, sep, value } of 'items' in token ? token.items : []) {
      count += start.length + (sep?.length ?? 0);
      if (key) open.push({ token: key, depth: depth + 1 });
      if (value) open.push({ token: value, depth: depth + 1 });
    }
    if (count > maxTokens)
      return { code: 'roster/too-large', summary: 'this file has too many values and marks', start: 0, end: 0 };
  }
  return null;
}
