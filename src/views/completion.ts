import type { Completion } from '../completion/complete.ts';
import { visible } from '../model/visible.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * What `muster complete` tells the scripts below: a word a line, behind a tab what it means; last `:` and what else may stand there.
 * Names come from files that anybody may have written: no control character leaves here.
 */
export const renderCompletion = ({ candidates, meaning }: Completion): string =>
  [...candidates.map(({ word, help }) => (help === '' ? visible(word) : `${visible(word)}\t${visible(help)}`)), `:${meaning}`]
    .map((line) => `${line}\n`)
    .join('');

/** The scripts know nothing of commands and flags: whichever version is installed is asked at each tab. */
export const completionScript = (shell: Shell): string => scripts[shell];

const bash = `# bash completion for muster; in ~/.bashrc: eval "$(muster completion bash)"
_muster() {
  local word line kind=nothing i
  local -a words=()
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # bash takes --flag=value apart at the =.
    if ((\${#words[@]} > 0)) && [[ $word == = && \${words[-1]} == --* ]]; then
      words[-1]+==
    elif ((\${#words[@]} > 0)) && [[ \${words[-1]} == --*= ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
  done
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) kind=\${line#:} ;;
      ?*) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <(command muster complete -- "\${words[@]}" 2>/dev/null)
  # What stands before the = is there already.
  if [[ \${words[-1]} == --*=* && $COMP_WORDBREAKS == *=* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#*=}")
  fi
  case $kind in
    files) compopt -o default ;;
    directories) compopt -o dirnames ;;
    program) mapfile -t COMPREPLY < <(compgen -c -- "\${words[-1]}") ;;
  esac
}
complete -F _muster muster
`;

const zsh = `#compdef muster
# zsh completion for muster; in ~/.zshrc, below compinit: eval "$(muster completion zsh)"
_muster() {
  local line kind=nothing tab=$'\\t'
  local -a replies
  for line in "\${(@f)$(command muster complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :*) kind=\${line#:} ;;
      *$tab*) replies+=("\${\${line%%$tab*}//:/\\\\:}:\${line#*$tab}") ;;
      ?*) replies+=("\${line//:/\\\\:}") ;;
    esac
  done
  case $kind in
    files) compset -P '--*='; _files ;;
    directories) compset -P '--*='; _files -/ ;;
    program) _command_names -e ;;
    *) _describe muster replies ;;
  esac
}
if [[ $funcstack[1] == _muster ]]; then
  _muster "$@"
else
  compdef _muster muster
fi
`;

const fish = `# fish completion for muster; muster completion fish > ~/.config/fish/completions/muster.fish
function __muster_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l typed (commandline -ct)
    for line in (command muster complete -- $words "$typed" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$typed"
            case ':directories'
                __fish_complete_directories "$typed"
            case ':program'
                __fish_complete_command
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c muster -f -a '(__muster_complete)'
`;

const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
