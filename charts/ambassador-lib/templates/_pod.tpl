{{/*
A Pod template with the ambassador in it: the container, its volumes, and for all others the way through it.
  include "ambassador.pod" (dict "pod" TEMPLATE "container" CONTAINER "native" BOOL "config" CONFIG "secrets" SECRETS "configMap" NAME)
*/}}
{{- define "ambassador.pod" -}}
{{- $spec := .pod.spec -}}
{{- $app := (index $spec.containers 0).name -}}
{{- range concat $spec.containers ($spec.initContainers | default list) -}}
  {{- if eq .name "ambassador" -}}
    {{- fail "ambassador.sidecar: the Pod has a container `ambassador` already" -}}
  {{- end -}}
{{- end -}}
{{- $proxied := include "ambassador.proxyVariables" .config | fromYamlArray -}}
{{- $containers := include "ambassador.withVariables" (list $spec.containers $proxied) | fromYamlArray -}}
{{- if .native -}}
  {{- /* The first, so that the init containers after it have their way out through it too. */ -}}
  {{- $later := include "ambassador.withVariables" (list ($spec.initContainers | default list) $proxied) | fromYamlArray -}}
  {{- $sidecar := merge .container (dict "restartPolicy" "Always") -}}
  {{- $_ := set $spec "initContainers" (prepend $later $sidecar) -}}
  {{- $_ := set $spec "containers" $containers -}}
{{- else -}}
  {{- $_ := set $spec "containers" (prepend $containers .container) -}}
{{- end -}}
{{- $_ := set $spec "volumes" (concat (include "ambassador.volumes" . | fromYamlArray) ($spec.volumes | default list)) -}}
{{- if include "ambassador.hasLowPort" .config -}}
  {{- include "ambassador.allowLowPorts" $spec -}}
{{- end -}}
{{- $metadata := .pod.metadata | default dict -}}
{{- $default := dict "kubectl.kubernetes.io/default-container" $app -}}
{{- $_ := set $metadata "annotations" (merge ($metadata.annotations | default dict) $default) -}}
{{- toYaml (dict "metadata" $metadata "spec" $spec) -}}
{{- end }}

{{/*
Both spellings: there are clients for each. no_proxy is set, because an image may have localhost in it. None of it where no
listener serves an app.
*/}}
{{- define "ambassador.proxyVariables" -}}
{{- $variables := list -}}
{{- $proxy := "" -}}
{{- range include "ambassador.listeners" . | fromJsonArray -}}
  {{- if .serves_app -}}
    {{- $proxy = $proxy | default (printf "http://localhost:%d" (int .port)) -}}
  {{- end -}}
{{- end -}}
{{- if $proxy -}}
  {{- $names := list "http_proxy" "HTTP_PROXY" -}}
  {{- $direct := "" -}}
  {{- if or .allow (has .unmapped (list "report" "allow")) -}}
    {{- /* A tunnel may pass: mostly HTTPS. The API server stays reachable as it is. */ -}}
    {{- $names = concat $names (list "https_proxy" "HTTPS_PROXY") -}}
    {{- $direct = "kubernetes.default.svc,$(KUBERNETES_SERVICE_HOST)" -}}
  {{- end -}}
  {{- range $names -}}
    {{- $variables = append $variables (dict "name" . "value" $proxy) -}}
  {{- end -}}
  {{- range list "no_proxy" "NO_PROXY" -}}
    {{- $variables = append $variables (dict "name" . "value" $direct) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $variables -}}
{{- end }}

{{/*
The containers with these variables; what a container sets itself stays. Where that is no_proxy the other spelling is not set
to something else, and where it is a proxy by both spellings nothing is.
*/}}
{{- define "ambassador.withVariables" -}}
{{- $variables := index . 1 -}}
{{- $containers := list -}}
{{- range index . 0 -}}
  {{- $env := .env | default list -}}
  {{- $own := dict -}}
  {{- range $env -}}
    {{- $_ := set $own .name (.value | default "") -}}
  {{- end -}}
  {{- $more := $variables -}}
  {{- if and $variables (hasKey $own "http_proxy") (hasKey $own "HTTP_PROXY") -}}
    {{- $port := regexFind "[0-9]+$" (first $variables).value -}}
    {{- $ours := printf "^(http://)?(localhost|127\\.0\\.0\\.1|\\[::1\\]):%s/?$" $port -}}
    {{- if not (or (regexMatch $ours $own.http_proxy) (regexMatch $ours $own.HTTP_PROXY)) -}}
      {{- $more = list -}}
    {{- end -}}
  {{- end -}}
  {{- range $more -}}
    {{- $list := and (eq (lower .name) "no_proxy") (or (hasKey $own "no_proxy") (hasKey $own "NO_PROXY")) -}}
    {{- if not (or $list (hasKey $own .name)) -}}
      {{- $env = append $env . -}}
    {{- end -}}
  {{- end -}}
  {{- if $env -}}
    {{- $_ := set . "env" $env -}}
  {{- end -}}
  {{- $containers = append $containers . -}}
{{- end -}}
{{- toYaml $containers -}}
{{- end }}

{{/* In the Pod's own security context, if it has not said it already. */}}
{{- define "ambassador.allowLowPorts" -}}
{{- $context := .securityContext | default dict -}}
{{- $sysctls := $context.sysctls | default list -}}
{{- $names := list -}}
{{- range $sysctls -}}
  {{- $names = append $names .name -}}
{{- end -}}
{{- range include "ambassador.lowPorts" . | fromYamlArray -}}
  {{- if not (has .name $names) -}}
    {{- $sysctls = append $sysctls . -}}
  {{- end -}}
{{- end -}}
{{- $_ := set . "securityContext" (set $context "sysctls" $sysctls) -}}
{{- end }}
