{{/*
The ambassador's container, but for what makes it a sidecar or a proxy of its own. It finds its configuration by itself at
/etc/ambassador/ambassador.yaml.
  include "ambassador.container" (dict "image" IMAGE "resources" RESOURCES "secrets" {NAME: DIRECTORY} "version" TAG)
*/}}
{{- define "ambassador.container" -}}
name: ambassador
image: {{ include "ambassador.image" . }}
imagePullPolicy: {{ .image.pullPolicy }}
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
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- include "ambassador.securityContext" . | nindent 2 }}
volumeMounts:
  - name: ambassador-config
    mountPath: /etc/ambassador
    readOnly: true
  {{- range $name, $directory := .secrets }}
  - name: ambassador-secret-{{ $name }}
    mountPath: {{ $directory }}
    readOnly: true
  {{- end }}
{{- end }}

{{- define "ambassador.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .version }}
{{- end -}}
{{- end }}

{{/* The restricted profile. The user is the image's own. */}}
{{- define "ambassador.securityContext" -}}
runAsNonRoot: true
runAsUser: 1080
runAsGroup: 1080
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* What a Pod needs so that uid 1080 may listen below port 1024. */}}
{{- define "ambassador.lowPorts" -}}
- name: net.ipv4.ip_unprivileged_port_start
  value: "0"
{{- end }}
