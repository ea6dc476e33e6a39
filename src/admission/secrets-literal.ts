import { denial, type RepositoryRule } from './input.ts';

/** No value that looks like a credential, in any roster: git keeps it, and every host of the repository reads it. */
export const secretsLiteral: RepositoryRule = ({ set }) =>
  (set.suspects ?? []).map(({ looksLike, place }) =>
    denial('secrets/literal', `this looks like ${looksLike}`, {
      detail: 'a roster is committed, and its values end up in files and environments that any process of the tenant can read',
      hint: 'take it out and revoke it; let the agent read it from a file that is not in the repository',
      place,
    }),
  );
