# What fish offers for ambassador(1).

set -l commands run check explain suggest inject redirect healthcheck wait quit schema demo
set -l none "not __fish_seen_subcommand_from $commands"
# Serving needs no command.
set -l serves "$none; or __fish_seen_subcommand_from run"
set -l configured "$none; or __fish_seen_subcommand_from run check explain"
set -l with_file "$none; or __fish_seen_subcommand_from run check explain suggest inject healthcheck wait quit"

complete -c ambassador -f
complete -c ambassador -s h -l help -d "Say what it takes"
complete -c ambassador -n $none -l version -d "Print the version"

complete -c ambassador -n $none -a run -d "Serve; the default"
complete -c ambassador -n $none -a check -d "Validate the configuration and run its expect cases"
complete -c ambassador -n $none -a explain -d "Which rule decides on a call, and why"
complete -c ambassador -n $none -a suggest -d "The smallest map and allow list for what report mode saw"
complete -c ambassador -n $none -a inject -d "Add the sidecar to Kubernetes manifests"
complete -c ambassador -n $none -a redirect -d "Kernel rules for transparent mode"
complete -c ambassador -n $none -a healthcheck -d "Whether a running ambassador lives"
complete -c ambassador -n $none -a wait -d "Until a running ambassador takes calls"
complete -c ambassador -n $none -a quit -d "End a running ambassador, its calls finished"
complete -c ambassador -n $none -a schema -d "Print the configuration's JSON schema"
complete -c ambassador -n $none -a demo -d "The numbers scenario, all in one process"

complete -c ambassador -n $with_file -s c -l config -rF -d "The configuration file"
complete -c ambassador -n $configured -l listen -x -d "Where to listen"
complete -c ambassador -n $configured -l map -x -d "One more source: SOURCE => TARGET"
complete -c ambassador -n $configured -l allow -x -d "One more destination that may be reached as it is"
complete -c ambassador -n $configured -l unmapped -x -a "block report allow" -d "What becomes of calls outside the map"
complete -c ambassador -n $configured -l workers -x -a auto -d Threads
complete -c ambassador -n $configured -l log-format -x -a "text json" -d "The access log's lines"
complete -c ambassador -n $configured -l set -x -d "Any other scalar of the configuration: KEY=VALUE"

complete -c ambassador -n "$serves; or __fish_seen_subcommand_from check" -l admin -x -d "Where /metrics, /healthz and the like are"
complete -c ambassador -n $serves -l share-port -d "Let another ambassador listen on the same port"
complete -c ambassador -n "__fish_seen_subcommand_from check" -l no-files -d "Leave the files out that the configuration names"
complete -c ambassador -n "__fish_seen_subcommand_from explain suggest healthcheck wait quit" -l admin -x -d "Ask a running ambassador"
complete -c ambassador -n "__fish_seen_subcommand_from explain" -a "GET HEAD POST PUT DELETE PATCH OPTIONS CONNECT"
complete -c ambassador -n "__fish_seen_subcommand_from suggest" -l from-log -rF -d "Read an access log"
complete -c ambassador -n "__fish_seen_subcommand_from inject" -F
complete -c ambassador -n "__fish_seen_subcommand_from inject" -l image -x -d "The image of the sidecar"
complete -c ambassador -n "__fish_seen_subcommand_from inject" -l secret -x -d "Where a Secret is mounted: NAME=DIRECTORY"
complete -c ambassador -n "__fish_seen_subcommand_from inject" -l sidecar -x -a "native container" -d "The kind of container"
complete -c ambassador -n "__fish_seen_subcommand_from inject" -l uninject -d "Take out what was added"
complete -c ambassador -n "__fish_seen_subcommand_from redirect" -l uid -x -d "The ambassador's user"
complete -c ambassador -n "__fish_seen_subcommand_from redirect" -l to -x -d "The transparent port"
complete -c ambassador -n "__fish_seen_subcommand_from redirect" -l remove -d "Remove the rules"
complete -c ambassador -n "__fish_seen_subcommand_from redirect" -l print -d "Print the rules and change nothing"
complete -c ambassador -n "__fish_seen_subcommand_from redirect" -l with -x -a "nft iptables iptables-nft iptables-legacy" -d "The program"
complete -c ambassador -n "__fish_seen_subcommand_from wait" -l timeout -x -d "How long, at most"
complete -c ambassador -n "__fish_seen_subcommand_from demo" -l once -d "Make the two calls and end"
