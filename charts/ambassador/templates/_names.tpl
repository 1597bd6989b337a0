{{- define "ambassador.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* At most 63 characters, and the release's name alone where it has the chart's in it. */}}
{{- define "ambassador.fullname" -}}
{{- $name := include "ambassador.name" . -}}
{{- $joined := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- .Values.fullnameOverride | default $joined | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "ambassador.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ambassador.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The Pods that serve; the test's Pod is not among them. */}}
{{- define "ambassador.proxyLabels" -}}
{{ include "ambassador.selectorLabels" . }}
app.kubernetes.io/component: proxy
{{- end }}

{{- define "ambassador.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "ambassador.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ambassador.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
  {{- .Values.serviceAccount.name | default (include "ambassador.fullname" .) -}}
{{- else -}}
  {{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{/* http-1080 or https-8443. */}}
{{- define "ambassador.portName" -}}
{{ .tls | ternary "https" "http" }}-{{ int .port }}
{{- end }}

{{/* The listeners, of which none may be for the Pod alone. */}}
{{- define "ambassador.serviceListeners" -}}
{{- $listeners := include "ambassador.listeners" .Values.config -}}
{{- range fromJsonArray $listeners -}}
  {{- if regexMatch "^(127\\.|localhost:|\\[::1\\])" .address -}}
    {{- fail (printf "config.listen: %s is reached from inside the Pod only: write \":1080\", which is all addresses" .address) -}}
  {{- end -}}
{{- end -}}
{{- $listeners -}}
{{- end }}
