/** What `--help` and the manual show. */
export const examples = `
Examples:
  $ muster init                           a first fleet, by answering questions
  $ muster validate                       check the rosters of the last commit
  $ muster plan                           what would change here
  $ muster plan --base origin/main        what a change would do, without a host
  $ muster apply                          plan, ask, carry out
  $ muster ps --watch                     the fleet, live
  $ muster add coder2 --runtime pi --class implementer --commit
  $ muster explain coder0                 why is it as it is
  $ muster watch coder0                   see its terminal
  $ muster send coder0 "Go on." --verify  talk to it, and know that it heard
  $ muster chat                           talk to the orchestrator
  $ muster rehearse                       do the last change on a private host first
  $ muster sandbox                        a shell on a private host, to try things out

Exit status: 0 done, 1 could not, 2 changes (--detailed-exitcode), 3 rosters denied, 4 usage;
  of send and say: 5 queued, 6 typed, 7 refused, 8 unknown, 9 expired; of watch: 10 it does not run, 11 no session.
`;
