"""What a container's spec means to podman."""

import json
import re

from cluster.unsupported import Unsupported, only

KEYS = {"name", "image", "imagePullPolicy", "restartPolicy", "command", "args", "env", "ports", "startupProbe", "livenessProbe",
        "readinessProbe", "resources", "securityContext", "volumeMounts", "workingDir", "terminationMessagePolicy"}  # fmt: skip
SECURITY = {"runAsNonRoot", "runAsUser", "runAsGroup", "readOnlyRootFilesystem", "allowPrivilegeEscalation", "capabilities",
            "seccompProfile"}  # fmt: skip
UNITS = {"Ki": "k", "Mi": "m", "Gi": "g"}
# What Kubernetes tells every container.
CLUSTER = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def check(spec):
    """That nothing in it would be passed over."""
    where = f"container {spec['name']}"
    only(spec, KEYS, where)
    only(spec.get("securityContext", {}), SECURITY, f"securityContext of {where}")
    for entry in spec.get("env", ()):
        only(entry, {"name", "value"}, f"env of {where}")
    for mount in spec.get("volumeMounts", ()):
        only(mount, {"name", "mountPath", "readOnly"}, f"volumeMounts of {where}")


def arguments(spec):
    return [expand(text, environment(spec)) for text in spec.get("args", ())]


def options(spec, pod):
    made = [f"--network=ns:/run/netns/{pod.network.namespace}", f"--hostname={pod.name}", "--no-hosts",
            f"--volume={pod.folder}/hosts:/etc/hosts:ro", f"--volume={pod.folder}/resolv.conf:/etc/resolv.conf:ro"]  # fmt: skip
    made += [f"--env={name}={value}" for name, value in environment(spec).items()]
    if pod.processes:
        made.append(f"--pid=ns:/proc/{pod.processes}/ns/pid")
    if "command" in spec:
        made.append(f"--entrypoint={json.dumps([expand(text, environment(spec)) for text in spec['command']])}")
    if "workingDir" in spec:
        made.append(f"--workdir={spec['workingDir']}")
    if memory := spec.get("resources", {}).get("limits", {}).get("memory"):
        made.append(f"--memory={memory[:-2]}{UNITS[memory[-2:]]}")
    return [*made, *_security({**pod.security, **spec.get("securityContext", {})}, spec["name"]), *_mounts(spec, pod)]


def _security(context, name):
    if context.get("runAsNonRoot") and not context.get("runAsUser"):
        raise Unsupported(f"container {name}: runAsNonRoot without a runAsUser")
    if "runAsUser" in context:
        yield f"--user={context['runAsUser']}:{context.get('runAsGroup', 0)}"
    if context.get("readOnlyRootFilesystem"):
        yield from ("--read-only", "--read-only-tmpfs=false")
    if context.get("allowPrivilegeEscalation") is False:
        yield "--security-opt=no-new-privileges"
    for capability in only(context.get("capabilities", {}), {"drop"}, f"capabilities of {name}").get("drop", ()):
        yield f"--cap-drop={capability}"


def _mounts(spec, pod):
    for mount in spec.get("volumeMounts", ()):
        mode = "ro" if mount.get("readOnly") else "rw"
        yield f"--volume={pod.volumes[mount['name']].path}:{mount['mountPath']}:{mode}"


def environment(spec):
    made = dict(CLUSTER)
    for entry in spec.get("env", ()):
        made[entry["name"]] = expand(entry.get("value", ""), made)
    return made


def expand(text, variables):
    """$(NAME) is the variable if there is one, $$(NAME) is $(NAME)."""

    def value(found):
        if found[0].startswith("$$"):
            return found[0][1:]
        return variables.get(found[1], found[0])

    return re.sub(r"\$?\$\(([A-Za-z_]\w*)\)", value, text)
