{{/* The alerts of the file, without those that are disabled. */}}
{{- define "ambassador.rules" -}}
{{- $rules := .Files.Get "alerts/ambassador.yaml" | fromYaml -}}
{{- $disabled := .Values.prometheusRule.disabled | default list -}}
{{- $names := list -}}
{{- range $group := $rules.groups -}}
  {{- $kept := list -}}
  {{- range .rules -}}
    {{- $names = append $names .alert -}}
    {{- if not (has .alert $disabled) -}}
      {{- $kept = append $kept . -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set $group "rules" $kept -}}
{{- end -}}
{{- range $disabled -}}
  {{- if not (has . $names) -}}
    {{- fail (printf "prometheusRule.disabled: no alert is called %s; there are %s" . (join ", " $names)) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end }}
