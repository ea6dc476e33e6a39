/** A line that is typed; what it prints is compared where it has the name of a golden file. */
export interface Typed {
  readonly golden?: string;
  readonly text: string;
  readonly status?: number;
  /** Prints no JSON: typed as it is in both runs. */
  readonly plain?: true;
}

const typed = (text: string): Typed => ({ text, plain: true });
const until = (text: string): Typed => typed(`for i in $(seq 600); do ${text} && break; sleep 0.1; done >/dev/null 2>&1`);

/** A fleet from nothing to nothing, each command at least once; typed twice, as it is and with `--json`. */
export const goldenStory: readonly Typed[] = [
  { golden: 'init', text: 'muster init fleet --profile local-canary --connector tmux --yes' },
  typed('cd fleet'),
  { golden: 'validate', text: 'muster validate' },
  { golden: 'plan', text: 'muster plan' },
  { golden: 'apply', text: 'muster apply --yes' },
  until(`test "$(muster ps --json | grep -c '"source": "heartbeat"')" = 3`),
  until('muster connector health'),
  { golden: 'ps', text: 'muster ps' },
  { golden: 'explain', text: 'muster explain canary' },
  { golden: 'logs', text: 'muster logs canary -n 3' },
  { golden: 'watch', text: 'muster watch canary', plain: true },
  { golden: 'connector-health', text: 'muster connector health' },
  { golden: 'say', text: 'muster say "The tests pass." --fleet local-canary' },
  until("muster chat | grep 'The tests pass.'"),
  { golden: 'chat', text: 'muster chat' },
  { golden: 'send', text: 'muster send canary "Look at the tests." --id m1 --verify' },
  typed('systemctl --user stop mosaic-agent@canary.service'),
  { golden: 'send-queued', text: 'muster send canary "And at the others." --id m2' },
  { golden: 'inbox', text: 'muster inbox canary' },
  { golden: 'explain-drifted', text: 'muster explain canary' },
  { golden: 'apply-again', text: 'muster apply --yes' },
  until(`test "$(muster ps --json | grep -c '"source": "heartbeat"')" = 3`),
  { golden: 'inbox-delivered', text: 'muster inbox canary --deliver' },
  { golden: 'heartbeat', text: 'muster heartbeat --state busy', status: 7, plain: true },
  { golden: 'connector-login', text: 'muster connector login', status: 1 },
  { golden: 'add', text: 'muster add helper --runtime stub --commit' },
  { golden: 'set', text: 'muster set helper resources.memory_max=1G --commit' },
  { golden: 'plan-all-hosts', text: 'muster plan --all-hosts --base HEAD~2' },
  { golden: 'remove', text: 'muster remove helper --commit' },
  { golden: 'remove-refused', text: 'muster remove orchestrator', status: 3 },
  { golden: 'rehearse', text: 'muster rehearse' },
  typed('muster run >run.txt 2>&1 & controller=$!'),
  until('muster history --json | grep \'"applied"\''),
  typed('kill $controller; wait $controller'),
  { golden: 'run', text: 'cat run.txt; rm run.txt', plain: true },
  { golden: 'install', text: 'muster install' },
  until('muster history --json | grep \'"good"\''),
  { golden: 'reconcile', text: 'muster reconcile' },
  { golden: 'history', text: 'muster history' },
  { golden: 'suspend', text: 'muster suspend canary --for 2h --reason "to look at it"' },
  { golden: 'resume', text: 'muster resume canary' },
  { golden: 'update', text: 'muster update --dry-run' },
  {
    golden: 'connector-set',
    text: "muster connector set local-canary --kind matrix --operator @jason:example.org homeserver_url=https://matrix.example.org user_id=@mos:example.org 'room_id=!abc:example.org' --commit",
  },
  { golden: 'sandbox', text: 'muster sandbox -- echo hello', plain: true },
  { golden: 'uninstall', text: 'muster uninstall --yes --purge' },
];
