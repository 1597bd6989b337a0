{{/*
The ambassador's container, but for what makes it a sidecar or a proxy of its own. It finds its configuration by itself at
/etc/ambassador/ambassador.yaml.
  include "ambassador.container" (dict "image" IMAGE "version" TAG "resources" RESOURCES "securityContext" CONTEXT
    "secrets" {NAME: DIRECTORY})
*/}}
{{- define "ambassador.container" -}}
name: ambassador
image: {{ include "ambassador.image" . | quote }}
imagePullPolicy: {{ (.image).pullPolicy | default "IfNotPresent" }}
env:
  # Probes and scraping come from outside the Pod; the page and all that tells of the configuration stay for loopback.
  - name: AMBASSADOR_ADMIN
    value: "[::]:9901"
ports:
  - name: ambassador
    containerPort: 9901
    protocol: TCP
startupProbe:
  httpGet:
    path: /readyz
    port: ambassador
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  httpGet:
    path: /healthz
    port: ambassador
  periodSeconds: 10
  failureThreshold: 3
readinessProbe:
  httpGet:
    path: /readyz
    port: ambassador
  periodSeconds: 5
  failureThreshold: 3
resources:
  {{- toYaml (.resources | default dict) | nindent 2 }}
securityContext:
  {{- toYaml (.securityContext | default dict) | nindent 2 }}
volumeMounts:
  - name: ambassador-config
    mountPath: /etc/ambassador
    readOnly: true
  {{- range $name, $directory := .secrets }}
  - name: {{ include "ambassador.secretVolume" $name }}
    mountPath: {{ $directory | quote }}
    readOnly: true
  {{- end }}
{{- end }}

{{- define "ambassador.image" -}}
{{- $repository := (.image).repository | default "ambassador" -}}
{{- if (.image).digest -}}
{{ $repository }}@{{ .image.digest }}
{{- else -}}
{{ $repository }}:{{ (.image).tag | default .version }}
{{- end -}}
{{- end }}

{{/* What a Pod needs so that uid 1080 may listen below port 1024. */}}
{{- define "ambassador.lowPorts" -}}
- name: net.ipv4.ip_unprivileged_port_start
  value: "0"
{{- end }}
