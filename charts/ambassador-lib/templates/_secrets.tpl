{{/*
The Secrets to mount, as a JSON map of their names to directories: those given, and for each file that the configuration
names the Secret that is called like its directory, unless a given one is mounted there. The CA bundle is the image's own.
  include "ambassador.secrets" (dict "config" CONFIG "secrets" {NAME: DIRECTORY})
*/}}
{{- define "ambassador.secrets" -}}
{{- $secrets := deepCopy (.secrets | default dict) -}}
{{- range include "ambassador.files" .config | fromJsonArray -}}
  {{- if not (regexMatch "^/[^/]+/" .) -}}
    {{- fail (printf "config: %s is in no directory of its own: name it as in /secrets/payments/token" .) -}}
  {{- end -}}
  {{- if hasPrefix "/etc/ambassador/" . -}}
    {{- fail (printf "config: only ambassador.yaml is in /etc/ambassador: name %s in a directory of its own, as in /secrets/payments/token" .) -}}
  {{- end -}}
  {{- $directory := dir . -}}
  {{- if not (or (eq "/etc/ssl/certs/ca-certificates.crt" .) (has $directory (values $secrets))) -}}
    {{- $name := base $directory -}}
    {{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,43}[a-z0-9])?$" $name) -}}
      {{- fail (printf "config: no Secret can be called like the directory of %s: say in `secrets` which one it is, as in {payments: %s}" . $directory) -}}
    {{- end -}}
    {{- if hasKey $secrets $name -}}
      {{- fail (printf "config: %s would be from the Secret %s, which is mounted at %s: keep its files in one directory" . $name (get $secrets $name)) -}}
    {{- end -}}
    {{- $_ := set $secrets $name $directory -}}
  {{- end -}}
{{- end -}}
{{- toJson $secrets -}}
{{- end }}

{{/* The files that a configuration names: certificates, keys, credentials; as a JSON list. */}}
{{- define "ambassador.files" -}}
{{- $files := list -}}
{{- if kindIs "map" . -}}
  {{- range $key, $value := . -}}
    {{- if and (kindIs "string" $value) (regexMatch "^(cert|key|ca|client_ca|file|.+_file)$" $key) -}}
      {{- $files = append $files $value -}}
    {{- else -}}
      {{- $files = concat $files (include "ambassador.files" $value | fromJsonArray) -}}
    {{- end -}}
  {{- end -}}
{{- else if kindIs "slice" . -}}
  {{- range . -}}
    {{- $files = concat $files (include "ambassador.files" . | fromJsonArray) -}}
  {{- end -}}
{{- end -}}
{{- $files | uniq | toJson -}}
{{- end }}

{{/*
The volumes of the configuration and of the Secrets.
  include "ambassador.volumes" (dict "configMap" NAME "secrets" {NAME: DIRECTORY})
*/}}
{{- define "ambassador.volumes" -}}
- name: ambassador-config
  configMap:
    name: {{ .configMap }}
{{- range $name, $_ := .secrets }}
- name: ambassador-secret-{{ $name }}
  secret:
    secretName: {{ $name }}
{{- end }}
{{- end }}
