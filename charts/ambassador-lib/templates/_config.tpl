{{/*
The configuration as the text of ambassador.yaml.

Helm reads values as YAML 1.1, where a bare `on` or `off` is true or false, even as a key: what was meant is brought back.
*/}}
{{- define "ambassador.config" -}}
{{- if hasKey . "admin" -}}
  {{- fail "config.admin: leave it out: AMBASSADOR_ADMIN, which the probes need, sets it to [::]:9901" -}}
{{- end -}}
{{- $config := include "ambassador.config.keys" . | fromJson -}}
{{- if kindIs "bool" $config.trace -}}
  {{- $_ := set $config "trace" (ternary "on" "off" $config.trace) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end }}

{{/* The same value as JSON, with each key `true` back to `on`. */}}
{{- define "ambassador.config.keys" -}}
{{- if kindIs "map" . -}}
  {{- $fields := list -}}
  {{- range $key, $value := . -}}
    {{- $name := ternary "on" $key (eq $key "true") -}}
    {{- $fields = append $fields (printf "%s:%s" (toJson $name) (include "ambassador.config.keys" $value)) -}}
  {{- end -}}
  {{- printf "{%s}" (join "," $fields) -}}
{{- else if kindIs "slice" . -}}
  {{- $entries := list -}}
  {{- range . -}}
    {{- $entries = append $entries (include "ambassador.config.keys" .) -}}
  {{- end -}}
  {{- printf "[%s]" (join "," $entries) -}}
{{- else -}}
  {{- toJson . -}}
{{- end -}}
{{- end }}

{{/*
The listeners of a configuration, as a JSON list of {address, port, tls, proxy_protocol, serves_app}: whether an app in the Pod
may use it as its proxy. The default ones share a port.
*/}}
{{- define "ambassador.listeners" -}}
{{- $listeners := list -}}
{{- $listen := .listen | default "127.0.0.1:1080" -}}
{{- range kindIs "slice" $listen | ternary $listen (list $listen) -}}
  {{- $listener := kindIs "map" . | ternary . (dict "address" .) -}}
  {{- $address := toString $listener.address -}}
  {{- $port := regexFind "[0-9]+$" $address | int -}}
  {{- if not $port -}}
    {{- fail (printf "config.listen: %v has no port that others could know: write an address such as 127.0.0.1:1080, in quotes" .) -}}
  {{- end -}}
  {{- $local := regexMatch "^(127\\.|localhost:|\\[::1\\]:|0\\.0\\.0\\.0:|\\[::\\]:|:)" $address -}}
  {{- $tls := hasKey $listener "tls" -}}
  {{- $balanced := $listener.proxy_protocol | default false -}}
  {{- $facts := dict "address" $address "port" $port "tls" $tls "proxy_protocol" $balanced -}}
  {{- $_ := set $facts "serves_app" (and $local (not $tls) (not $balanced)) -}}
  {{- $listeners = append $listeners $facts -}}
{{- end -}}
{{- toJson $listeners -}}
{{- end }}

{{/*
The ports that it listens at, as a JSON list: of its listeners, of loopback sources with a port of their own, and the one for
redirected connections.
*/}}
{{- define "ambassador.ports" -}}
{{- $ports := list -}}
{{- range include "ambassador.listeners" . | fromJsonArray -}}
  {{- $ports = append $ports (int .port) -}}
{{- end -}}
{{- range .map -}}
  {{- $port := regexFind "^[a-z]+://(localhost|127\\.[0-9.]+|\\[::1\\]):[0-9]+" (toString .source) | regexFind "[0-9]+$" -}}
  {{- $ports = append $ports (int $port) -}}
{{- end -}}
{{- $ports = append $ports (int .transparent) -}}
{{- without ($ports | uniq) 0 | toJson -}}
{{- end }}

{{/* Whether it listens below port 1024: non-empty if so. */}}
{{- define "ambassador.hasLowPort" -}}
{{- range include "ambassador.ports" . | fromJsonArray -}}
  {{- if lt (int .) 1024 -}}yes{{- end -}}
{{- end -}}
{{- end }}
