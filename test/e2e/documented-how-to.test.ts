import { expect, test } from 'vitest';
import { type Page, page, pageNames } from '../docs/page.ts';
import { type Step, typeInto } from '../docs/private-shell.ts';
import { missingIn, patient, type Typed, typedIn } from '../docs/transcript.ts';

const begun = 'muster init fleet --profile local-canary --connector tmux --yes -q; cd fleet';
const followed = `${begun}; muster install -q; until muster reconcile; do sleep 0.2; done >/dev/null 2>&1`;
const pushed = 'git init -q --bare ~/srv/fleet.git; git remote add origin ~/srv/fleet.git; git push -q -u origin main';
const key = "mkdir -p -m 700 ~/.ssh; ssh-keygen -q -t ed25519 -N '' -C reader@example.org -f ~/.ssh/id_ed25519";
const coder = `cat >> rosters/local-canary.yaml <<'END'
  - { name: coder0, class: implementer, runtime: aider, working_directory: ~/src/app }
runtimes:
  aider: { command: aider }
END
git commit -qam "Add a coder"; muster reconcile >/dev/null || true`;
const byHand = 'mkdir -p src/app src/site; for name in app site; do tmux new-session -d -s $name -c src/$name cat; done';
const waiting =
  'muster suspend canary -q; systemctl --user stop mosaic-agent@canary; muster send canary "Do not forget this." >/dev/null';
/** What the old host left: the repository, and what was taken along. */
const left = `${begun}; ${pushed}; sed -i "s/^# host: .*/host: gpu-1/" rosters/local-canary.yaml; git commit -qam Move; git push -q
cd; rm -r fleet; mkdir inbox; tar -czf agents.tar.gz inbox; rmdir inbox`;
/** Everything but the archive and what was pushed. */
const lost = `systemctl --user stop 'mosaic-*'; tmux -L mosaic kill-server
cd; rm -rf fleet .config/mosaic .config/systemd .local/state/mosaic; systemctl --user daemon-reload`;

interface Scene {
  /** What is there before. */
  readonly before: string;
  /** Sections that are typed; default: all of the page. */
  readonly sections?: readonly string[];
  readonly hostname?: string;
  /** What happens before a section. */
  readonly meanwhile?: Readonly<Record<string, string>>;
}

const scenes: readonly (readonly [name: string, scene: Scene])[] = [
  ['agent-does-not-start', { before: `${followed}; ${coder}` }],
  ['back-up', { before: `${followed}; ${pushed}; ${waiting}`, meanwhile: { 'After the disk was lost': lost } }],
  ['from-tmux', { before: byHand }],
  ['move', { before: `${followed}; muster send canary hello --verify >/dev/null`, sections: ['On the old host'] }],
  ['move', { before: left, sections: ['On the new host'], hostname: 'gpu-1' }],
  ['rename-and-hand-over', { before: followed }],
  ['roll-back', { before: followed }],
  ['several-fleets', { before: followed }],
  ['signed-remote', { before: `${key}; ${begun.replaceAll('fleet', 'desk')}; ${pushed}; cd` }],
];

test.each(scenes)(
  'docs/how-to/%s.md: what it says to type works, in its order, and what it shows is what comes',
  (name, scene) => {
    const typed = typedOf(page(`docs/how-to/${name}.md`), scene);
    const [, ...outputs] = typeInto([{ text: scene.before }, ...typed.map(stepOf)], scene.hostname);
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
    const all = typedOf(page(name), { before: '' });
    const typed = own.flatMap((scene) => typedOf(page(name), { ...scene, meanwhile: {} }));
    expect(typed.map(({ command }) => command)).toEqual(all.map(({ command }) => command));
  }
  expect(pages.flatMap((name) => page(name).blocks.filter(({ language }) => language !== 'console'))).toEqual([]);
});

/** A command that is typed until what is shown has come ends well in any case. */
function stepOf(typed: Typed): Step {
  const text = patient(typed);
  return { text, status: text === typed.command ? Number(/# exit status (\d+)$/.exec(text)?.[1] ?? 0) : 0 };
}

function typedOf({ blocks }: Page, { sections, meanwhile = {} }: Scene): readonly Typed[] {
  const typed: Typed[] = [];
  let last: string | undefined;
  for (const block of blocks) {
    const section = block.sections.at(-1) ?? '';
    if (block.language !== 'console' || sections?.includes(section) === false) continue;
    const happens = section === last ? undefined : meanwhile[section];
    if (happens !== undefined) typed.push({ command: `{ ${happens}\n} >/dev/null 2>&1`, shown: [] });
    typed.push(...typedIn(block));
    last = section;
  }
  return typed;
}
