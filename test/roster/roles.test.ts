import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const library = new URL('../../rosters/roles/', import.meta.url);

describe.each(readdirSync(library))('the role document %s', (file) => {
  const text = readFileSync(new URL(file, library), 'utf8');

  test('says what to do, what not to do, with whom, and until when', () => {
    const titles = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    expect(titles).toEqual(expect.arrayContaining(['Mandate', 'Boundaries', 'Working with the others', 'Done']));
  });

  test('teaches to send messages and to look, and not to type into terminals', () => {
    expect(text).not.toMatch(/send-keys|capture-pane|\btmux\b/);
  });
});

test.each([
  ['orchestrator', ['ps --json', 'send NAME', 'add NAME', 'set NAME', 'remove NAME', 'say']],
  ['enhancer', ['ps --json', 'explain NAME --json', 'history --json', 'send NAME', 'logs NAME', 'inbox NAME --json']],
  ['coder', ['send NAME', 'watch NAME']],
])('the role document of the %s teaches the commands that it lives by', (name, commands) => {
  const text = readFileSync(new URL(`${name}.md`, library), 'utf8');
  expect(commands.filter((command) => !text.includes(`muster ${command}`))).toEqual([]);
});
