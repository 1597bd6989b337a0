{{/*
The Secrets to mount, as a JSON map of their names to directories: those given, and for each file that the configuration
names the Secret that is called like its directory, unless a given one is mounted there. The CA bundle is the image's own, and
in /etc/ambassador is the ConfigMap.
  include "ambassador.secrets" (dict "config" CONFIG "secrets" {NAME: DIRECTORY})
*/}}
{{- define "ambassador.secrets" -}}
{{- $secrets := dict -}}
{{- range $name, $given := .secrets -}}
  {{- $directory := clean (toString $given) -}}
  {{- if not (include "ambassador.isSecretName" $name) -}}
    {{- fail (printf "secrets: %s is no name of a Secret: those are of small letters, digits, `-` and `.`" $name) -}}
  {{- end -}}
  {{- if not (regexMatch "^/." $directory) -}}
    {{- fail (printf "secrets.%s: %v is no directory to mount it at: write one as /secrets/%s" $name $given $name) -}}
  {{- end -}}
  {{- if regexMatch "^/etc/ambassador(/|$)" $directory -}}
    {{- fail (printf "secrets.%s: only ambassador.yaml is in /etc/ambassador: mount it elsewhere, as at /secrets/%s" $name $name) -}}
  {{- end -}}
  {{- if has $directory (values $secrets) -}}
    {{- fail (printf "secrets.%s: another Secret is mounted at %s already" $name $directory) -}}
  {{- end -}}
  {{- $_ := set $secrets $name $directory -}}
{{- end -}}
{{- with regexFind "file:///etc/ambassador/[^\"]*" (toJson .config.map) -}}
  {{- fail (printf "config: only ambassador.yaml is in /etc/ambassador: name %s in a directory of its own, as file:///secrets/lists/endpoints" .) -}}
{{- end -}}
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
    {{- if not (include "ambassador.isSecretName" $name) -}}
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
    name: {{ .configMap | quote }}
{{- range $name, $_ := .secrets }}
- name: {{ include "ambassador.secretVolume" $name }}
  secret:
    secretName: {{ $name | quote }}
{{- end }}
{{- end }}

{{/* Non-empty for what the API server takes: a DNS subdomain. */}}
{{- define "ambassador.isSecretName" -}}
{{- if and (le (len .) 253) (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$" .) -}}yes{{- end -}}
{{- end }}

{{/* The volume of a Secret. Its name has 63 characters at most and no dot, so that of other Secrets ends with a checksum of
theirs. inject calls it the same. */}}
{{- define "ambassador.secretVolume" -}}
{{- if and (le (len .) 45) (not (contains "." .)) -}}
ambassador-secret-{{ . }}
{{- else -}}
ambassador-secret-{{ replace "." "-" . | trunc 34 | trimSuffix "-" }}-{{ adler32sum . }}
{{- end -}}
{{- end }}
