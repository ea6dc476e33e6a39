import { once } from '../model/once.ts';

/** Well-known shapes of credentials. Each begins with something literal, so that ordinary words never fit. */
const shapes: readonly (readonly [looksLike: string, shape: string])[] = [
  ['a private key', '-----BEGIN [A-Z ]{0,30}PRIVATE KEY'],
  ['an age key', 'AGE-SECRET-KEY-1[0-9A-Z]{20,}'],
  ['a JSON Web Token', 'eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]{8,}'],
  ['a GitHub token', '(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\\w{22,})'],
  ['a GitLab token', 'gl(?:pat|ptt|dt|rt|cbt|ft|oas|agent|imt|soat)-[\\w-]{20,}'],
  ['an Anthropic key', 'sk-ant-[\\w-]{10,}'],
  ['an OpenAI or OpenRouter key', 'sk-(?:(?:proj|svcacct|admin|or-v1)-[\\w-]{16,}|[A-Za-z0-9]{32,})'],
  ['an AWS access key', '(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])'],
  ['a Google key', '(?:AIza[\\w-]{35}|GOCSPX-[\\w-]{20,}|ya29\\.[\\w-]{20,})'],
  ['a Slack token', '(?:xox[abeoprs]-[\\w-]{10,}|xapp-[\\w-]{10,})'],
  ['a Slack webhook', 'hooks\\.slack\\.com/(?:services|workflows)/[\\w/]{20,}'],
  ['a Discord webhook', 'discord(?:app)?\\.com/api/webhooks/\\d+/[\\w-]{20,}'],
  ['a Discord bot token', '[MNO][\\w-]{23,27}\\.[\\w-]{6,7}\\.[\\w-]{27,}'],
  ['a Matrix access token', '(?:sy[tr]_[\\w=-]{4,}_[\\w-]{10,}|mc[tr]_\\w{20,}|mat_\\w{20,}|MDAxY2xvY2F0aW9u[\\w=-]{20,})'],
  ['a Telegram bot token', '\\d{8,10}:AA[\\w-]{30,}'],
  ['a Stripe key', '[rs]k_(?:live|test)_\\w{16,}'],
  ['an npm token', 'npm_[A-Za-z0-9]{30,}'],
  ['a PyPI token', 'pypi-[\\w-]{40,}'],
  ['a Hugging Face token', 'hf_[A-Za-z0-9]{30,}'],
  ['a model provider key', '(?:gsk_\\w{30,}|xai-\\w{30,}|r8_\\w{30,}|pplx-\\w{30,}|tvly-[\\w-]{20,})'],
  ['a Vault token', 'hv[sbr]\\.[\\w-]{20,}'],
  [
    'a cloud token',
    '(?:do[opr]_v1_[0-9a-f]{40,}|dapi[0-9a-f]{32}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|lin_api_\\w{30,}|sntr[yu]s_\\w{30,})',
  ],
  ['a SendGrid key', 'SG\\.[\\w-]{16,}\\.[\\w-]{16,}'],
  ['a Tailscale key', 'tskey-\\w+-\\w{8,}'],
  ['an Atlassian token', 'ATATT3x[\\w=-]{20,}'],
  ['a URL with a password in it', '[a-z][a-z0-9+.-]{1,20}://[^\\s/:@"\'$<{]{0,64}:[^\\s/@"\'$<{]{3,}@'],
  ['an authorization header', '(?:[Bb]earer|[Bb]asic) [\\w+/=.~-]{16,}'],
];

const anyShape = shapes.map(([, shape]) => `(${shape})`).join('|');
/** With the rest of the word; it goes on where it last stopped. Made for the first text that has need of it: many a fleet has none. */
const shapesIn = once(() => new RegExp(`(?<![A-Za-z0-9])(?:${anyShape})[\\w+/=.~-]*`, 'g'));

/** Such as the keys of a roster. Every shape that these letters could have is longer. */
const word = /^[a-z_]{12,18}$/;
/** Every shape has that many characters without a blank among them. To look for it takes far less than the shapes. */
const solid = /\S{10}/;

/** What the text holds, such as `a GitHub token`, or `null`. By shape alone: paths, models, digests and URLs pass. */
export function credentialIn(text: string): string | null {
  if (text.length < 12 || word.test(text) || !solid.test(text)) return null;
  const anywhere = shapesIn();
  anywhere.lastIndex = 0;
  const match = anywhere.exec(text);
  if (match !== null) return shapes[match.slice(1).findIndex((group) => group !== undefined)]?.[0] ?? 'a credential';
  return looksRandom(text) ? 'a long random text' : null;
}

/** The same, knowing the name under which the value stands. */
export function credentialUnder(name: string, text: string): string | null {
  return credentialIn(text) ?? (namesSecret(name) && couldBeSecret(text) ? `a value for ${nameForPeople(name)}` : null);
}

/** Text with everything that has the shape of a credential made unreadable; length and lines stay. */
export const maskCredentials = (text: string): string => text.replace(shapesIn(), mask);

export const mask = (text: string): string => text.replace(/[^\r\n]/g, '*');

/** `--token=VALUE` and `TOKEN=VALUE` name the value that follows; so does a `--token` for the argument after it. */
export function assignmentIn(text: string): { readonly name: string; readonly value: string } | null {
  const match = /^-{0,2}([A-Za-z][\w.-]{0,60})=(.+)$/s.exec(text);
  return match?.[1] === undefined || match[2] === undefined ? null : { name: match[1], value: match[2] };
}

export const flagIn = (text: string): string | null => /^--?([A-Za-z][\w-]{1,60})$/.exec(text)?.[1] ?? null;

const secretName =
  /(?:^|_)(?:pass|passwd|password|passphrase|pwd|secrets?|tokens?|apikey|(?:api|access|private|secret|signing|encryption|account|auth|master|license)_keys?|credentials?|bearer|authorization|auth|cookie|pat|dsn)$/;

/** Is in every name that the expression above finds, and in hardly any other. */
const secretWord = /pass|pwd|secret|token|key|credential|bearer|auth|cookie|pat|dsn/iu;

function namesSecret(name: string): boolean {
  if (!secretWord.test(name)) return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
  return secretName.test(words) && !/^(?:max|min|num|total|budget|max_output|ssh)_/.test(words);
}

/** Not a reference to somewhere else, not a number, not a word that names a method. */
function couldBeSecret(text: string): boolean {
  if (text.length < 6 || /^[\d.,_]+[kKmM]?$/.test(text)) return false;
  if (/^(?:~?\/|\.{1,2}\/|file:|env:|op:\/\/|vault:|arn:|unix:|https?:\/\/)/.test(text)) return false;
  if (/^[$%{<].*|^\*+$|^x+$/i.test(text)) return false;
  return !/^(?:none|false|true|auto|default|disabled|enabled|required|optional|keyring|keychain|prompt|system|helper|plugin|oauth2?|agent|browser|netrc|device|interactive|anonymous)$/i.test(
    text,
  );
}

/** One long word of mixed letters and digits without any structure. Hexadecimal digests and UUIDs are no secrets by shape. */
function looksRandom(text: string): boolean {
  if (!/^[A-Za-z0-9+_-]{40,}={0,2}$/.test(text) || /^[0-9a-fA-F-]+$/.test(text)) return false;
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false;
  return entropy(text) > 4.3;
}

/** Bits per character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const nameForPeople = (name: string): string => (/^[\w.-]{1,40}$/.test(name) ? name : 'a key that names a secret');
