# shellcheck shell=bash
# What bash offers for ambassador(1). Needs nothing of bash-completion but to be loaded by it.

_ambassador() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  # --option=value is three words to bash.
  if [[ $current == = ]]; then
    current=""
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local command
  command=$(_ambassador_command "${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
  case $previous in
    -c | --config | --from-log) _ambassador_files "$current" ;;
    --unmapped) _ambassador_offer "$current" block report allow ;;
    --log-format) _ambassador_offer "$current" text json ;;
    --workers) _ambassador_offer "$current" auto ;;
    --sidecar) _ambassador_offer "$current" native container ;;
    --with) _ambassador_offer "$current" nft iptables iptables-nft iptables-legacy ;;
    --listen | --map | --allow | --set | --admin | --image | --secret | --uid | --to | --timeout) ;;
    *) _ambassador_words "$current" "$command" ;;
  esac
}

# What may stand here that is no option's value.
_ambassador_words() {
  local current=$1 command=$2
  if [[ $current == -* ]]; then
    # shellcheck disable=SC2046  # words, none of which has a blank
    _ambassador_offer "$current" $(_ambassador_options "$command")
  elif [[ -z $command ]]; then
    _ambassador_offer "$current" run check explain suggest inject redirect healthcheck wait quit schema demo
  elif [[ $command == inject ]]; then
    _ambassador_files "$current"
  elif [[ $command == explain ]]; then
    _ambassador_offer "$current" GET HEAD POST PUT DELETE PATCH OPTIONS CONNECT
  fi
}

_ambassador_options() {
  local -r configuration="-c --config --listen --map --allow --unmapped --workers --log-format --set"
  echo --help
  case $1 in
    "") echo --version "$configuration" --admin --share-port ;;
    run) echo "$configuration" --admin --share-port ;;
    check) echo "$configuration" --admin --no-files ;;
    explain) echo "$configuration" --admin ;;
    suggest) echo -c --config --admin --from-log ;;
    inject) echo -c --config --image --secret --sidecar --uninject ;;
    redirect) echo --uid --to --remove --print --with ;;
    healthcheck | quit) echo -c --config --admin ;;
    wait) echo -c --config --admin --timeout ;;
    demo) echo --once ;;
  esac
}

# The command among the words so far, if there is one.
_ambassador_command() {
  local word
  for word in "$@"; do
    case $word in
      run | check | explain | suggest | inject | redirect | healthcheck | wait | quit | schema | demo)
        echo "$word"
        return
        ;;
    esac
  done
}

_ambassador_offer() {
  local current=$1
  shift
  mapfile -t COMPREPLY < <(compgen -W "$*" -- "$current")
}

_ambassador_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

complete -F _ambassador ambassador
