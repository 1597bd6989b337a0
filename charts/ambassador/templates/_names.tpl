{{- define "ambassador.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* At most 63 characters, and the release's name alone where it has the chart's in it. A Service's name begins with a letter. */}}
{{- define "ambassador.fullname" -}}
{{- $name := include "ambassador.name" . -}}
{{- $joined := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- $full := .Values.fullnameOverride | default $joined | trunc 63 | trimSuffix "-" -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $full) -}}
  {{- fail (printf "the Service cannot be called %s: a name begins with a letter and has no dots; set fullnameOverride" $full) -}}
{{- end -}}
{{- $full -}}
{{- end }}

{{/* The Service that has the admin port: one of its own where the other may be reached from outside the cluster. */}}
{{- define "ambassador.adminService" -}}
{{- $name := include "ambassador.fullname" . -}}
{{- eq (include "ambassador.isOutside" .) "true" | ternary (printf "%s-admin" ($name | trunc 57 | trimSuffix "-")) $name -}}
{{- end }}

{{- define "ambassador.isOutside" -}}
{{- ne ((.Values.service).type | default "ClusterIP") "ClusterIP" -}}
{{- end }}

{{- define "ambassador.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ambassador.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* The Pods that serve; the test's Pod is not among them. */}}
{{- define "ambassador.proxyLabels" -}}
{{ include "ambassador.selectorLabels" . }}
app.kubernetes.io/component: proxy
{{- end }}

{{/*
The labels of an object: the chart's own, and below them those of its section of the values, and commonLabels.
  include "ambassador.labels" (list . MORE…)
*/}}
{{- define "ambassador.labels" -}}
{{- $root := index . 0 -}}
{{- $labels := include "ambassador.ownLabels" $root | fromYaml -}}
{{- range append (rest .) $root.Values.commonLabels -}}
  {{- $labels = merge $labels (. | default dict) -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end }}

{{- define "ambassador.ownLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "ambassador.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ambassador.serviceAccountName" -}}
{{- if (.Values.serviceAccount).create -}}
  {{- .Values.serviceAccount.name | default (include "ambassador.fullname" .) -}}
{{- else -}}
  {{- (.Values.serviceAccount).name | default "default" -}}
{{- end -}}
{{- end }}

{{/* http-1080 or https-8443. */}}
{{- define "ambassador.portName" -}}
{{ .tls | ternary "https" "http" }}-{{ int .port }}
{{- end }}

{{/* The listeners, of which none may be for the Pod alone; one for each port, as two may share it at two addresses. */}}
{{- define "ambassador.serviceListeners" -}}
{{- $ports := list -}}
{{- $listeners := list -}}
{{- range include "ambassador.listeners" (.Values.config | default dict) | fromJsonArray -}}
  {{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" .address -}}
    {{- fail (printf "config.listen: %s is reached from inside the Pod only: write \":1080\", which is all addresses" .address) -}}
  {{- end -}}
  {{- if eq (int .port) 9901 -}}
    {{- fail (printf "config.listen: %s is the admin port: choose another" .address) -}}
  {{- end -}}
  {{- if not (has (int .port) $ports) -}}
    {{- $ports = append $ports (int .port) -}}
    {{- $listeners = append $listeners . -}}
  {{- end -}}
{{- end -}}
{{- toJson $listeners -}}
{{- end }}

{{/* The ports of the Service, as a JSON list of {name, port, listener}. */}}
{{- define "ambassador.servicePorts" -}}
{{- $renamed := (.Values.service).ports | default dict -}}
{{- $known := list -}}
{{- $taken := eq (include "ambassador.isOutside" .) "true" | ternary list (list 9901) -}}
{{- $ports := list -}}
{{- range include "ambassador.serviceListeners" . | fromJsonArray -}}
  {{- $port := get $renamed (toString (int .port)) | default .port | int -}}
  {{- if has $port $taken -}}
    {{- fail (printf "service.ports: %d is there twice (9901 is the admin port)" $port) -}}
  {{- end -}}
  {{- $known = append $known (toString (int .port)) -}}
  {{- $taken = append $taken $port -}}
  {{- $ports = append $ports (dict "name" (include "ambassador.portName" .) "port" $port "listener" .) -}}
{{- end -}}
{{- range keys $renamed | sortAlpha -}}
  {{- if not (has . $known) -}}
    {{- fail (printf "service.ports: no listener has the port %s; there are %s" . (join ", " $known)) -}}
  {{- end -}}
{{- end -}}
{{- toJson $ports -}}
{{- end }}

{{/*
A list of things with names, of which no two may be the same.
  include "ambassador.distinct" (list WHERE FIELD LIST)
*/}}
{{- define "ambassador.distinct" -}}
{{- $where := index . 0 -}}
{{- $field := index . 1 -}}
{{- $seen := list -}}
{{- range index . 2 -}}
  {{- $name := get . $field | toString -}}
  {{- if has $name $seen -}}
    {{- fail (printf "%s: %s is there twice, or the chart has it already" $where $name) -}}
  {{- end -}}
  {{- $seen = append $seen $name -}}
{{- end -}}
{{- end }}
