import { describe, expect, test } from 'vitest';
import { credentialIn, credentialUnder, maskCredentials } from '../../src/roster/secret-shape.ts';
import { parse } from './sample.ts';

/** Made up here, and put together here, so that no scanner takes this file for a leak. */
const letters = (length: number): string => 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7'.repeat(5).slice(0, length);

describe('what has the shape of a credential', () => {
  test.each([
    ['a private key', `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----\nabc`],
    ['a JSON Web Token', `eyJ${letters(20)}.eyJ${letters(30)}.${letters(40)}`],
    ['a GitHub token', `ghp_${letters(36)}`],
    ['a GitHub token', `prefix:github_pat_${letters(40)}`],
    ['a GitLab token', `glpat-${letters(20)}`],
    ['an Anthropic key', `sk-ant-api03-${letters(60)}`],
    ['an OpenAI or OpenRouter key', `sk-proj-${letters(60)}`],
    ['an OpenAI or OpenRouter key', `sk-${letters(48)}`],
    ['an AWS access key', `AKIA${'ABCD2345EFGH6789'}`],
    ['a Google key', `AIza${letters(35)}`],
    ['a Slack token', `xoxb-${letters(30)}`],
    ['a Discord bot token', `M${letters(25)}.${letters(6)}.${letters(38)}`],
    ['a Matrix access token', `syt_bW9z_${letters(20)}_${letters(6)}`],
    ['a Matrix access token', `syr_bW9z_${letters(20)}_${letters(6)}`],
    ['a Matrix access token', `mcr_${letters(30)}_${letters(6)}`],
    ['a Matrix access token', 'syt_abcd_efghijklmn'],
    ['a Telegram bot token', `123456789:AA${letters(33)}`],
    ['an npm token', `npm_${letters(36)}`],
    ['a Hugging Face token', `hf_${letters(34)}`],
    ['a URL with a password in it', 'postgres://muster:hunter22@db.internal/x'],
    ['an authorization header', `Authorization: Bearer ${letters(24)}`],
    ['a long random text', letters(48)],
    // As short as they can be, among blanks.
    ['a private key', `a -----BEGIN ${'PRIVATE'} KEY`],
    ['a URL with a password in it', 'go ab://:abc@'],
    ['an authorization header', `a Basic ${letters(16)}`],
    ['a Slack token', `a xapp-${letters(10)} b`],
  ])('%s', (looksLike, text) => {
    expect(credentialIn(text)).toBe(looksLike);
    expect(maskCredentials(`x ${text.split('\n')[0]}`)).not.toContain(
      looksLike === 'a long random text' ? '-----' : (text.split('\n')[0] ?? ''),
    );
  });
});

describe('what a roster is full of, and is no credential', () => {
  test.each([
    'openai-codex/gpt-5.5:high',
    'anthropic/claude-sonnet-4-5-20250929',
    '~/src/app',
    '/nix/store/9df65igwjmf2wbw0gbrrgair6piqjgmi-glibc-2.31/lib',
    '/home/jason/.local/share/pnpm/global/5/node_modules/.bin',
    'https://matrix.example.internal:8448/_matrix/client',
    '!abcdefghijklmnopqr:example.internal',
    '!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM',
    '@mos:example.internal',
    '123456789012345678',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
    '550e8400-e29b-41d4-a716-446655440000',
    'postgres://db.internal/x',
    'https://$USER:$PASSWORD@db.internal/x',
    'ghcr.io/example/agent-runtime:2026-11-23@sha256:abc',
    'task-runner-with-a-very-long-name-that-goes-on-and-on-and-on',
    'sk-learn',
    'bearer of good news',
    'LongCamelCaseNameOfSomeJavaClassFactoryBeanWithoutDigits',
    'developer_instructions=Read the file before anything else',
    '',
  ])('%s', (text) => {
    expect(credentialIn(text)).toBeNull();
    expect(maskCredentials(text)).toBe(text);
  });
});

describe('a name that means a secret makes its value one', () => {
  test.each([
    ['DB_PASSWORD', 'hunter22', true],
    ['apiKey', 'abcdef123', true],
    ['OPENAI_API_KEY', 'changeme', true],
    ['access_token', 'abcdefgh', true],
    ['AUTH_TOKEN', '$AUTH_TOKEN', false],
    ['AUTH_TOKEN', `\${AUTH_TOKEN}`, false],
    ['TOKEN', '/run/secrets/token', false],
    ['TOKEN_FILE', 'relative/token', false],
    ['MAX_TOKENS', '32000-ish', false],
    ['max_output_tokens', 'unlimited', false],
    ['TOKENS', '32000', false],
    ['SSH_AUTH_SOCK', 'whatever-it-is', false],
    ['GIT_AUTH', 'none', false],
    ['PASSWORD', '', false],
    ['EDITOR', 'hunter22', false],
    ['KEYBOARD', 'qwerty-de', false],
    ['MONKEY', 'banana-split', false],
  ])('%s: %s → %s', (name, value, is) => {
    expect(credentialUnder(name, value) !== null).toBe(is);
  });
});

describe('every text of a roster is looked at', () => {
  const secret = `ghp_${letters(36)}`;
  test.each([
    ['an environment', `env: { A: ${secret} }`],
    ['the name of a variable', `env: { ${secret}: a }`],
    ['a name', `class: ${secret}`],
    ['a key that nobody knows', `extra: [{ deep: ${secret} }]`],
  ])('%s', (_what, line) => {
    const agent = `  - { name: a, runtime: pi, ${line} }`;
    const { suspects } = parse(`version: 1\nagents:\n${agent}`);
    expect(suspects).toMatchObject([{ place: { line: 3, column: agent.indexOf(secret) + 1 } }]);
  });

  test.each([
    ['args: [--api-key, abcdefgh]', 1],
    ['args: ["--api-key=abcdefgh"]', 1],
    ['args: ["API_KEY=abcdefgh"]', 1],
    ['args: [--api-key, "$KEY", --model, abcdefgh]', 0],
    ['args: [--token-file, abcdefgh]', 0],
  ])('%s', (args, count) => {
    expect(parse(`version: 1\nruntimes: { x: { command: x, ${args} } }\nagents: []`).suspects).toHaveLength(count);
  });

  test('once, however often an alias repeats it', () => {
    const text = `version: 1\nruntimes: { x: &x { command: x, env: { A: ${secret} } }, y: *x, z: *x }\nagents: []`;
    expect(parse(text).suspects).toHaveLength(1);
  });
});

describe('a name that says that its value is secret', () => {
  const words = [
    'pass passwd password passphrase pwd secret secrets token tokens apikey api_key api_keys access_key private_key secret_key',
    'signing_key encryption_key account_key auth_key master_key license_key credential credentials bearer authorization auth cookie pat dsn',
  ]
    .join(' ')
    .split(' ');
  const spelt = (word: string): readonly string[] => [
    word,
    word.toUpperCase(),
    `DB_${word.toUpperCase()}`,
    `my-${word.replaceAll('_', '-')}`,
    `the${word.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}`,
    // Its small letter is a k.
    word.toUpperCase().replaceAll('K', '\u212a'),
  ];
  test.each(words)('%s', (word) => {
    expect(spelt(word).filter((name) => credentialUnder(name, 'hunter22') === null)).toEqual([]);
  });
});
