#compdef ambassador
# What zsh offers for ambassador(1).

_ambassador() {
  local context state state_descr line
  typeset -A opt_args
  local -a help=('(-h --help)'{-h,--help}'[say what it takes]')
  local -a file=('(-c --config)'{-c,--config=}'[the configuration file]:file:_files')
  local -a admin_url=('--admin=[ask a running ambassador]:admin port, http\://127.0.0.1\:9901: ')
  local -a admin_address=('--admin=[where /metrics, /healthz and the like are]:address: ')
  local -a configuration=(
    $file
    '*--listen=[where to listen]:address: '
    '*--map=[one more source]:"SOURCE => TARGET": '
    '*--allow=[one more destination that may be reached as it is]:host\:port: '
    '--unmapped=[what becomes of calls outside the map]:verdict:(block report allow)'
    '--workers=[threads]:number:(auto)'
    "--log-format=[the access log's lines]:format:(text json)"
    '*--set=[any other scalar of the configuration]:key=value: '
  )
  local -a serve=($configuration $admin_address '--share-port[let another ambassador listen on the same port]')
  local -a commands=(
    'run:serve; the default'
    'check:validate the configuration and run its expect cases'
    'explain:which rule decides on a call, and why'
    'suggest:the smallest map and allow list for what report mode saw'
    'inject:add the sidecar to Kubernetes manifests'
    'redirect:kernel rules for transparent mode'
    'healthcheck:whether a running ambassador lives'
    'wait:until a running ambassador takes calls'
    'quit:end a running ambassador, its calls finished'
    "schema:print the configuration's JSON schema"
    'demo:the numbers scenario, all in one process'
  )

  _arguments -C $help '--version[print the version]' $serve '1: :->command' '*:: :->rest' && return
  case $state in
    command) _describe -t commands command commands ;;
    rest)
      case $line[1] in
        run) _arguments $help $serve ;;
        check) _arguments $help $configuration $admin_address '--no-files[leave the files out that the configuration names]' ;;
        explain)
          _arguments $help $configuration $admin_url '1:method:(GET HEAD POST PUT DELETE PATCH OPTIONS CONNECT)' '2:URL: '
          ;;
        suggest) _arguments $help $file $admin_url '--from-log=[read an access log]:file:_files' ;;
        inject)
          _arguments $help $file '--image=[the image of the sidecar]:image: ' '*--secret=[where a Secret is mounted]:name=directory: ' \
            '--sidecar=[the kind of container]:kind:(native container)' '--uninject[take out what was added]' \
            ':manifests:_files'
          ;;
        redirect)
          _arguments $help "*--uid=[the ambassador's user]:uid: " '--to=[the transparent port]:port: ' '--remove[remove the rules]' \
            '--print[print the rules and change nothing]' '--with=[the program]:program:(nft iptables iptables-nft iptables-legacy)'
          ;;
        healthcheck | quit) _arguments $help $file $admin_url ;;
        wait) _arguments $help $file $admin_url '--timeout=[how long, at most]:time, such as 10s: ' ;;
        schema) _arguments $help ;;
        demo) _arguments $help '--once[make the two calls and end]' ;;
      esac
      ;;
  esac
}

# Autoloaded, the file is the function; read by a shell's start-up file, it only defines it.
if [[ $funcstack[1] == _ambassador ]]; then _ambassador "$@"; else compdef _ambassador ambassador; fi
