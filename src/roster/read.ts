import type { Diagnostic } from '../model/diagnostic.ts';
import { once } from '../model/once.ts';
import type { RoleDocument, Roster, RosterFiles, RosterSet, Suspect, TextFile } from '../model/roster.ts';
import { parseRoster } from './parse.ts';
import { readRole, roleName } from './role-document.ts';
import type { SchemaValidator } from './validator.ts';
import type { YamlReader } from './yaml-reader.ts';

/**
 * Everything that a revision says. Files with errors give findings instead of a roster; the repository's role documents come
 * over the shipped ones of the same name (`shippedRoles`: text by name, without the ending).
 */
export function readRosterSet(
  files: RosterFiles,
  shippedRoles: Readonly<Record<string, string>>,
  validate: SchemaValidator,
  read: YamlReader,
): RosterSet {
  const rosters: Roster[] = [];
  const diagnostics: Diagnostic[] = [...files.diagnostics];
  const suspects: Suspect[] = [];
  const shown: { readonly file: string; readonly masked: () => string }[] = [];
  for (const { file, text } of files.rosters) {
    const parsed = parseRoster(file, text, validate, read);
    if (parsed.roster !== null) rosters.push(parsed.roster);
    diagnostics.push(...parsed.diagnostics);
    suspects.push(...parsed.suspects);
    shown.push({ file, masked: parsed.masked });
  }
  const sources = once(() => new Map(shown.map(({ file, masked }) => [file, masked()])));
  return {
    rosters,
    roles: rolesOf(files.roles, shippedRoles),
    diagnostics,
    get sources() {
      return sources();
    },
    suspects,
  };
}

function rolesOf(own: readonly TextFile[], shipped: Readonly<Record<string, string>>): Readonly<Record<string, RoleDocument>> {
  const roles = new Map<string, RoleDocument>();
  for (const [name, text] of Object.entries(shipped)) roles.set(name, { ...readRole(name, text), shipped: true });
  for (const { file, text } of own) roles.set(roleName(file), readRole(roleName(file), text));
  return Object.fromEntries([...roles].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The role document that serves a class: the one of its own name, else the first by name that lists it; `null` without one. */
export function roleOf(roles: RosterSet['roles'], ofClass: string): RoleDocument | null {
  const own = Object.hasOwn(roles, ofClass) ? roles[ofClass] : undefined;
  return own ?? Object.values(roles).find((role) => role.classes.includes(ofClass)) ?? null;
}
