{{/*
A workload of yours with the sidecar, and the ConfigMap of its configuration. The workload stands in a template of yours:

  {{- define "web.deployment" }}
  apiVersion: apps/v1
  kind: Deployment
  …
  {{- end }}
  {{ include "ambassador.sidecar" (list . "web.deployment") }}

A third entry of the list has values over those of `ambassador-lib`, for a chart with several workloads; nil has none.
*/}}
{{- define "ambassador.sidecar" -}}
{{- $root := index . 0 -}}
{{- $values := include "ambassador.values" . | fromYaml -}}
{{- $workload := include "ambassador.workload" (list $root (index . 1)) | fromYaml -}}
{{- if dig "enabled" true $values -}}
  {{- $secrets := include "ambassador.secrets" $values | fromJson -}}
  {{- $configMap := $values.configMap | default (printf "%s-ambassador" $workload.metadata.name) -}}
  {{- $container := include "ambassador.container" (merge (dict "secrets" $secrets) $values) | fromYaml -}}
  {{- $pod := include "ambassador.podTemplate" $workload | fromYaml -}}
  {{- $more := dict "container" $container "config" $values.config "secrets" $secrets "configMap" $configMap "exclude" $values.exclude -}}
  {{- $native := semverCompare ">=1.29-0" $root.Capabilities.KubeVersion.Version -}}
  {{- $with := include "ambassador.pod" (merge (dict "pod" $pod "native" $native) $more) | fromYaml -}}
  {{- include "ambassador.configMap" (dict "name" $configMap "workload" $workload "config" $values.config) }}
---
{{ include "ambassador.withPodTemplate" (dict "workload" $workload "pod" $with) }}
{{- else -}}
  {{- toYaml $workload -}}
{{- end -}}
{{- end }}

{{/* The library's values, and over them those that the include has of its own. */}}
{{- define "ambassador.values" -}}
{{- $root := index . 0 -}}
{{- $library := index $root.Subcharts "ambassador-lib" -}}
{{- if not $library -}}
  {{- fail "ambassador.sidecar: ambassador-lib is not among this chart's dependencies, or has an alias: its values are looked for under its own name" -}}
{{- end -}}
{{- $values := deepCopy (omit $library.Values "global") -}}
{{- $own := dict -}}
{{- if gt (len .) 2 -}}
  {{- $own = index . 2 | default dict -}}
  {{- if not (kindIs "map" $own) -}}
    {{- fail (printf "ambassador.sidecar: the third entry of the list is %v: it must be values, as (dict \"enabled\" false)" $own) -}}
  {{- end -}}
{{- end -}}
{{- include "ambassador.knownKeys" (list $values $own "") -}}
{{- $values = mergeOverwrite $values (deepCopy $own) -}}
{{- if not (kindIs "map" $values.config) -}}
  {{- fail "ambassador.sidecar: config has no value: write the configuration, or {} for one that blocks every call" -}}
{{- end -}}
{{- range $key := keys (omit $values.config "admin") | sortAlpha -}}
  {{- if not (has $key (include "ambassador.configKeys" . | splitList " ")) -}}
    {{- fail (printf "ambassador.sidecar: no such value: config.%s; there are %s" $key (include "ambassador.configKeys" .)) -}}
  {{- end -}}
{{- end -}}
{{- toYaml (set $values "version" $library.Chart.AppVersion) -}}
{{- end }}

{{/* Helm looks only at values in files; those of an include are looked at here, down to where any key may be. */}}
{{- define "ambassador.knownKeys" -}}
{{- $known := index . 0 -}}
{{- $prefix := index . 2 -}}
{{- range $key, $value := index . 1 -}}
  {{- $path := printf "%s%s" $prefix $key -}}
  {{- if not (hasKey $known $key) -}}
    {{- fail (printf "ambassador.sidecar: no such value: %s; there are %s" $path (keys $known | sortAlpha | join ", ")) -}}
  {{- end -}}
  {{- if and (eq $path "image") (kindIs "map" $value) -}}
    {{- include "ambassador.knownKeys" (list (index $known $key) $value "image.") -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{- define "ambassador.configKeys" -}}
allow expect limits listen log map timeout trace transparent unmapped via workers
{{- end }}

{{/* The one workload that a template renders. */}}
{{- define "ambassador.workload" -}}
{{- $name := index . 1 -}}
{{- $text := include $name (index . 0) | trim | trimPrefix "---" -}}
{{- if regexMatch "(?m)^---" $text -}}
  {{- fail (printf "ambassador.sidecar: the template %s has more than one object: leave only the workload in it" $name) -}}
{{- end -}}
{{- $workload := fromYaml $text -}}
{{- if hasKey $workload "Error" -}}
  {{- fail (printf "ambassador.sidecar: the template %s is not YAML: %s" $name $workload.Error) -}}
{{- end -}}
{{- if not (has $workload.kind (list "Deployment" "StatefulSet" "DaemonSet" "ReplicaSet" "Job" "CronJob" "Pod")) -}}
  {{- fail (printf "ambassador.sidecar: the template %s has the kind %v, which has no Pods" $name ($workload.kind | default "(none)")) -}}
{{- end -}}
{{- toYaml $workload -}}
{{- end }}

{{/* A Pod is its own template. */}}
{{- define "ambassador.podTemplate" -}}
{{- if eq .kind "Pod" -}}
  {{- toYaml (pick . "metadata" "spec") -}}
{{- else if eq .kind "CronJob" -}}
  {{- toYaml .spec.jobTemplate.spec.template -}}
{{- else -}}
  {{- toYaml .spec.template -}}
{{- end -}}
{{- end }}

{{- define "ambassador.withPodTemplate" -}}
{{- if eq .workload.kind "Pod" -}}
  {{- toYaml (merge .pod .workload) -}}
{{- else if eq .workload.kind "CronJob" -}}
  {{- $_ := set .workload.spec.jobTemplate.spec "template" .pod -}}
  {{- toYaml .workload -}}
{{- else -}}
  {{- $_ := set .workload.spec "template" .pod -}}
  {{- toYaml .workload -}}
{{- end -}}
{{- end }}

{{/*
The mount follows it, and the ambassador the mount: a change needs no new Pods. Where the workload is a hook of Helm, so is it,
and comes before it.
*/}}
{{- define "ambassador.configMap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .name | quote }}
  {{- with .workload.metadata.namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  {{- with .workload.metadata.labels }}
  labels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $annotations := .workload.metadata.annotations | default dict }}
  {{- with index $annotations "helm.sh/hook" }}
  annotations:
    helm.sh/hook: {{ . | quote }}
    helm.sh/hook-weight: {{ index $annotations "helm.sh/hook-weight" | default 0 | int | add -1 | quote }}
    helm.sh/hook-delete-policy: before-hook-creation
  {{- end }}
data:
  ambassador.yaml: |
    {{- include "ambassador.config" .config | nindent 4 }}
{{- end }}
