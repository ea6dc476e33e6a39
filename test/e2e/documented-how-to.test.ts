import { expect, test } from 'vitest';
import { type Page, page, pageNames } from '../docs/page.ts';
import { type Step, typeInto } from '../docs/private-shell.ts';
import { missingIn, patient, type Typed, typedIn } from '../docs/transcript.ts';

/** What the old host left: the repository, and what was taken along. No private host can hand it to the next. */
const left = `muster init fleet --profile local-canary --connector tmux --yes -q; cd fleet
git init -q --bare -b main ~/srv/fleet.git; git remote add origin ~/srv/fleet.git; git push -q -u origin main
sed -i "s/^# host: .*/host: gpu-1/" rosters/local-canary.yaml; git commit -qam Move; git push -q
cd; rm -r fleet; mkdir inbox; tar -czf agents.tar.gz inbox; rmdir inbox`;

interface Scene {
  /** What is there before, and cannot be typed. */
  readonly before?: string;
  /** Sections that are typed; default: all of the page. */
  readonly sections?: readonly string[];
  readonly hostname?: string;
}

const scenes: readonly (readonly [name: string, scene: Scene])[] = [
  ['agent-does-not-start', {}],
  ['back-up', {}],
  ['from-tmux', {}],
  ['move', { sections: ['Before', 'On the old host'] }],
  ['move', { before: left, sections: ['On the new host'], hostname: 'gpu-1' }],
  ['rename-and-hand-over', {}],
  ['roll-back', {}],
  ['several-fleets', {}],
  ['signed-remote', {}],
];

test.each(scenes)(
  'docs/how-to/%s.md: what it says to type works, in its order, and what it shows is what comes',
  (name, scene) => {
    const typed = typedOf(page(`docs/how-to/${name}.md`), scene);
    const [, ...outputs] = typeInto([{ text: scene.before ?? ':' }, ...typed.map(stepOf)], scene.hostname);
    const missing = typed.flatMap(({ command, shown }, index) =>
      missingIn(shown, outputs[index] ?? '').map((line) => ({ command, line, output: outputs[index] })),
    );
    expect(missing).toEqual([]);
    expect(typed.length).toBeGreaterThan(3);
  },
  240_000,
);

test('each page is typed whole, and nothing of one is to be typed elsewhere than in a console', () => {
  const pages = pageNames().filter((name) => name.startsWith('docs/how-to/') && name !== 'docs/how-to/README.md');
  for (const name of pages) {
    const own = scenes.filter(([scene]) => name === `docs/how-to/${scene}.md`).map(([, scene]) => scene);
    const all = typedOf(page(name), {});
    const typed = own.flatMap((scene) => typedOf(page(name), scene));
    expect(typed.map(({ command }) => command)).toEqual(all.map(({ command }) => command));
  }
  expect(pages.flatMap((name) => page(name).blocks.filter(({ language }) => language !== 'console'))).toEqual([]);
});

/** A command that is typed until what is shown has come ends well in any case. */
function stepOf(typed: Typed): Step {
  const text = patient(typed);
  return { text, status: text === typed.command ? Number(/# exit status (\d+)$/.exec(text)?.[1] ?? 0) : 0 };
}

const typedOf = ({ blocks }: Page, { sections }: Scene): readonly Typed[] =>
  blocks
    .filter((block) => block.language === 'console' && sections?.includes(block.sections.at(-1) ?? '') !== false)
    .flatMap((block) => typedIn(block));
