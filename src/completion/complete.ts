import type { CommandFlag, CommandShape, CommandTree } from '../model/command-tree.ts';
import type { Meaning } from './meanings.ts';

export interface Candidate {
  readonly word: string;
  /** One line; empty where the word says all. */
  readonly help: string;
}

/** What can stand at a place of the command line: these words, or what `meaning` names. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly meaning: Exclude<Meaning, readonly string[]>;
  /** What stands before a value in its word, such as `--format=`. */
  readonly before: string;
}

/** `words` are those behind the program's name; the last one is being typed, and may be empty. Candidates begin with it. */
export function complete(words: readonly string[], tree: CommandTree, meanings: Readonly<Record<string, Meaning>>): Completion {
  const typed = words.at(-1) ?? '';
  const place = placeOf(words.slice(0, -1), tree);
  const found = atPlace(place, typed, tree, meanings);
  return { ...found, candidates: found.candidates.filter(({ word }) => word.startsWith(typed)) };
}

interface Place {
  readonly command: CommandShape | null;
  /** The flag whose value comes next. */
  readonly flag: CommandFlag | null;
  /** How many places of the command are taken. */
  readonly taken: number;
  /** Behind `--` there are no flags. */
  readonly closed: boolean;
}

/** Where the word stands that follows these. */
function placeOf(words: readonly string[], tree: CommandTree): Place {
  let place: Place = { command: null, flag: null, taken: 0, closed: false };
  for (const word of words) place = step(place, word, tree);
  return place;
}

function step(place: Place, word: string, tree: CommandTree): Place {
  if (place.flag !== null) return { ...place, flag: null };
  if (!place.closed && word === '--') return { ...place, closed: true };
  if (!place.closed && word.startsWith('-') && word !== '-') {
    const flag = flagsAt(place, tree).find(({ short, long }) => word === long || word === short) ?? null;
    return { ...place, flag: flag?.value == null ? null : flag };
  }
  if (place.command !== null) return { ...place, taken: place.taken + 1 };
  const command = tree.commands.find(({ name, aliases }) => name === word || aliases.includes(word)) ?? null;
  return { ...place, command: command ?? unknownCommand };
}

/** Nothing is known of it, so that nothing is offered for it. */
const unknownCommand: CommandShape = { name: '', aliases: [], description: '', places: [], flags: [] };

const flagsAt = ({ command }: Place, tree: CommandTree): readonly CommandFlag[] =>
  command === null
    ? tree.flags
    : [
        ...command.flags,
        ...tree.flags.filter(({ long }) => long !== '--version' && !command.flags.some((own) => own.long === long)),
      ];

function atPlace(place: Place, typed: string, tree: CommandTree, meanings: Readonly<Record<string, Meaning>>): Completion {
  if (place.flag !== null) return valuesOf(place.flag, place, '', meanings);
  if (!place.closed && typed.startsWith('-') && typed !== '-') {
    const [, long = '', equals] = /^(--[^=]*)(=)?/.exec(typed) ?? [];
    const flag = equals === undefined ? undefined : flagsAt(place, tree).find((one) => one.long === long && one.value !== null);
    if (flag !== undefined) return valuesOf(flag, place, `${long}=`, meanings);
  }
  if (!place.closed && typed.startsWith('-')) return words(flagsAt(place, tree).flatMap((flag) => namesOf(flag)));
  if (place.command === null) return words(tree.commands.map(({ name, description }) => ({ word: name, help: description })));
  const { name, places } = place.command;
  const last = places.at(-1);
  const wanted = places[place.taken] ?? (last?.variadic === true ? last : undefined);
  if (wanted === undefined) return words([]);
  const meaning = meanings[`${name} ${wanted.name}`] ?? meanings[wanted.name] ?? 'nothing';
  // Of a program's own words only the first is its name.
  return meaning === 'program' && place.taken > 0 ? meant('files', '') : meant(meaning, '');
}

const namesOf = ({ short, long, description }: CommandFlag): readonly Candidate[] =>
  [long, short].flatMap((word) => (word === null || word === '' ? [] : [{ word, help: description }]));

function valuesOf(
  flag: CommandFlag,
  { command }: Place,
  before: string,
  meanings: Readonly<Record<string, Meaning>>,
): Completion {
  const { value, choices, long } = flag;
  if (choices.length > 0) return meant(choices, before);
  const keys = [`${command?.name ?? ''} ${long}`, `${long} ${value}`, value ?? ''];
  return meant(keys.map((key) => meanings[key]).find((meaning) => meaning !== undefined) ?? 'nothing', before);
}

const words = (candidates: readonly Candidate[]): Completion => ({ candidates, meaning: 'nothing', before: '' });

const meant = (meaning: Meaning, before: string): Completion =>
  typeof meaning === 'string'
    ? { candidates: [], meaning, before }
    : { candidates: meaning.map((word) => ({ word: `${before}${word}`, help: '' })), meaning: 'nothing', before };
