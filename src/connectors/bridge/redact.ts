import { maskCredentials } from '../../roster/secret-shape.ts';

/** Text in which no secret can be read: those given, in the spellings in which they get about, and whatever has the shape of one. */
export type Redact = (text: string) => string;

/** Shorter values would hit ordinary words. */
const shortest = 6;

export function redactor(secrets: readonly string[]): Redact {
  const spellings = secrets.filter((secret) => secret.length >= shortest).flatMap(spellingsOf);
  // A spelling may hold another one.
  const longestFirst = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  return (text) => maskCredentials(longestFirst.reduce((rest, spelling) => rest.replaceAll(spelling, '[redacted]'), text));
}

const spellingsOf = (secret: string): string[] => {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '');
  const base64url = Buffer.from(secret).toString('base64url');
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64, base64url];
};
