{{/*
A Pod template with the ambassador in it: the container, its volumes, and for all others the way through it.
  include "ambassador.pod" (dict "pod" TEMPLATE "container" CONTAINER "native" BOOL "config" CONFIG "secrets" SECRETS "configMap" NAME
    "exclude" [CONTAINER NAME])
*/}}
{{- define "ambassador.pod" -}}
{{- $spec := .pod.spec -}}
{{- $app := (index $spec.containers 0).name -}}
{{- include "ambassador.refuseClashes" . -}}
{{- $proxied := include "ambassador.proxyVariables" .config | fromYamlArray -}}
{{- $containers := include "ambassador.withVariables" (list $spec.containers $proxied .exclude) | fromYamlArray -}}
{{- if .native -}}
  {{- /* The first, so that the init containers after it have their way out through it too. */ -}}
  {{- $later := include "ambassador.withVariables" (list ($spec.initContainers | default list) $proxied .exclude) | fromYamlArray -}}
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

{{/* What the Pod has already and the sidecar brings; and names of containers that it does not have. */}}
{{- define "ambassador.refuseClashes" -}}
{{- $containers := concat .pod.spec.containers (.pod.spec.initContainers | default list) -}}
{{- $ports := prepend (include "ambassador.ports" .config | fromJsonArray) 9901 -}}
{{- $names := list -}}
{{- range $container := $containers -}}
  {{- $names = append $names .name -}}
  {{- if eq .name "ambassador" -}}
    {{- fail "ambassador.sidecar: the Pod has a container `ambassador` already" -}}
  {{- end -}}
  {{- range .ports -}}
    {{- $port := int .containerPort -}}
    {{- $protocol := .protocol | default "TCP" -}}
    {{- range $ports -}}
      {{- if and (eq (int .) $port) (ne $protocol "UDP") -}}
        {{- fail (printf "ambassador.sidecar: the container %s has the port %d, which is the ambassador's own (9901 is its admin port, the others are in config)" $container.name $port) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range .exclude -}}
  {{- if not (has . $names) -}}
    {{- fail (printf "ambassador.sidecar: exclude: the Pod has no container %s; there are %s" . (join ", " $names)) -}}
  {{- end -}}
{{- end -}}
{{- $own := list -}}
{{- range include "ambassador.volumes" . | fromYamlArray -}}
  {{- $own = append $own .name -}}
{{- end -}}
{{- range .pod.spec.volumes -}}
  {{- if has .name $own -}}
    {{- fail (printf "ambassador.sidecar: the Pod has a volume %s already, which is the name of the ambassador's own: rename it" .name) -}}
  {{- end -}}
{{- end -}}
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
The containers with these variables, but for the excluded ones; what a container sets itself stays. Where that is no_proxy the
other spelling is not set to something else, and where it is a proxy by both spellings nothing is.
*/}}
{{- define "ambassador.withVariables" -}}
{{- $variables := index . 1 -}}
{{- $exclude := index . 2 | default list -}}
{{- $containers := list -}}
{{- range index . 0 -}}
  {{- $name := .name -}}
  {{- $env := .env | default list -}}
  {{- $own := dict -}}
  {{- range $env -}}
    {{- $_ := set $own .name (.value | default "") -}}
  {{- end -}}
  {{- $more := ternary list $variables (has $name $exclude) -}}
  {{- if and $more (hasKey $own "http_proxy") (hasKey $own "HTTP_PROXY") -}}
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
