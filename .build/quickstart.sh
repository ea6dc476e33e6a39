#!/bin/sh
# The main job on a private host: a roster in git becomes a running fleet that heals, refuses what would break it, and survives a reboot.
# Run by `npm run quickstart`, inside `muster sandbox`; nothing of the real host is touched.
set -eu

if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m'); else bold='' dim='' plain=''; fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
run() { printf '%s$ %s%s\n' "$dim" "$*" "$plain"; "$@"; }
die() { printf 'quickstart: %s\n' "$*" >&2; exit 1; }
live() { muster ps --json | grep -c '"state": "live"' || true; }
until_live() { n=0; while [ "$(live)" != "$1" ]; do n=$((n + 1)); [ "$n" -lt 100 ] || die "$1 live agents expected, $(live) seen"; sleep 0.1; done; }
commit() { git add -A; git -c user.name=you -c user.email=you@example.org commit -qm "$1"; }

preset=$(realpath "$1")
cd "$HOME"; git init -q -b main fleet; cd fleet; mkdir rosters

say "A roster, committed to git"
cp "$preset" rosters/canary.yaml
grep -v '^#' rosters/canary.yaml
commit 'Add the canary fleet'

say "What would change on this host, and why"
run muster plan

say "Do it"
run muster apply --yes
until_live 3

say "What should run, and what systemd and tmux say of it"
run muster ps
run tmux -L mosaic ls

say "Kill an agent: its unit brings it back"
kill -9 "$(tmux -L mosaic display-message -p -t =enhancer: '#{pane_pid}')"
until_live 3
run muster ps

say "Stop one by hand, and enable one that nobody rostered: both are drift"
run systemctl --user stop mosaic-agent@enhancer.service
systemctl --user --quiet enable mosaic-agent@ghost.service
run muster plan
run muster -q apply --yes
until_live 3

say "A commit that would leave the fleet without its enhancer is refused, and nothing changes"
sed -i '/name: enhancer/,/persistent/d' rosters/canary.yaml
commit 'Save a model bill'
if run muster apply --yes; then die 'this should have been refused'; else printf '(exit status %s)\n' $?; fi
run muster ps
git reset -q --hard HEAD~1

say "Let it follow the branch: a commit is all it takes"
run muster install
printf '  - { name: canary2, class: worker }\n' >>rosters/canary.yaml
commit 'Add a second canary'
until_live 4
run systemctl --user stop mosaic-agent@enhancer.service
until_live 4
run muster history

say "Reboot: fleet and controller are back by themselves"
run reboot
until_live 4
run muster ps
run muster plan

say "That was a private host; it is gone now. On your own: muster plan, in a repository with a rosters/ directory"
