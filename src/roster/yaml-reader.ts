import { readPlainYaml } from './plain-yaml.ts';
import type { ReadYaml } from './read-yaml.ts';

export type YamlReader = (text: string) => ReadYaml;

/** A text without its byte order mark: places are counted from there. */
export const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

/** Reads these texts. The full parser is loaded only where one of them asks for it: loading it takes longer than most rosters do. */
export async function yamlReaderFor(texts: readonly string[]): Promise<YamlReader> {
  const plain = new Map(texts.map(withoutMark).map((text) => [text, readPlainYaml(text)]));
  const full = [...plain.values()].includes(null) ? (await import('./read-yaml.ts')).readYaml : null;
  return (text) => {
    const root = plain.get(text) ?? null;
    if (root !== null) return { root, problems: [] };
    if (full === null) throw new Error('asked for a text that was not announced');
    return full(text);
  };
}
