"""The ambassador in the life of a Pod: there before the others, back after a crash, and gone after them."""

import re
import signal

import pytest

from cluster.container import wait_until
from cluster.kubectl import status
from cluster.runtime import podman

from workloads import CALL, MAP, config, container, example, job, pod, spec

SOON = 60.0  # keeps a broken test from hanging; a Pod is ready within 2 s
IDLE = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
NUMBER = re.compile(r"\d+\n")


@pytest.fixture(name="api")
def _api(cluster):
    """The API of random numbers, ready."""
    for manifest in example("numbers/api.yaml"):
        cluster.apply(manifest)
    assert wait_until(lambda: cluster.rolled_out("numbers-api"), SOON)


@pytest.fixture(name="apply")
def _apply(cluster):
    """apply(spec, configuration) is the Pod of that spec, which has just begun."""

    def start(pod_spec, text=MAP):
        cluster.apply(config(text))
        cluster.apply(pod(pod_spec))
        assert wait_until(lambda: cluster.pods_of("Pod", "w"), SOON)
        return cluster.pods_of("Pod", "w")[0]

    return start


@pytest.fixture(name="ready")
def _ready(apply):
    """The same, ready."""

    def start(pod_spec, text=MAP):
        made = apply(pod_spec, text)
        assert wait_until(made.ready, SOON), logs(made)
        return made

    return start


def logs(made):
    return "\n".join(f"{each.name}: {each.run.log.text() if each.run else '(never ran)'}" for each in made.containers())


def ambassador_of(made):
    return made.container("ambassador")


def call(made, command=CALL, name="app"):
    return made.container(name).run.execute(["sh", "-c", command])


def test_it_serves_before_the_next_init_container_begins(api, ready):  # pylint: disable=unused-argument
    fetch = container("fetch", f"{CALL} >/data/number", volumeMounts=[{"name": "data", "mountPath": "/data"}])
    app = container("app", IDLE, volumeMounts=[{"name": "data", "mountPath": "/data"}])
    made = ready(spec([app], [fetch], volumes=[{"name": "data", "emptyDir": {}}]))
    assert made.container("fetch").restarts == 0, made.container("fetch").run.log.text()
    assert NUMBER.fullmatch(call(made, "cat /data/number").stdout)
    assert ambassador_of(made).run.log.wait_for("GET http://localhost/api -> http://numbers-api/rng 200")


def test_a_job_ends_with_it(api, cluster):  # pylint: disable=unused-argument
    cluster.apply(config())
    cluster.apply(job(spec([container("app", CALL)], restartPolicy="Never")))
    assert wait_until(lambda: cluster.complete("w"), SOON)
    [made] = cluster.pods_of("Job", "w")
    sidecar = ambassador_of(made)
    assert wait_until(lambda: not sidecar.running(), SOON)
    assert wait_until(lambda: sidecar.exit_code == 0, SOON)
    assert NUMBER.fullmatch(made.container("app").run.log.text() + "\n")
    assert sidecar.restarts == 0


def test_a_job_that_fails_is_not_held_up_by_it(cluster):
    cluster.apply(config())
    cluster.apply(job(spec([container("app", "exit 3")], restartPolicy="Never"), backoffLimit=0))
    assert wait_until(lambda: [each.phase for each in cluster.pods_of("Job", "w")] == ["Failed"], SOON)
    [made] = cluster.pods_of("Job", "w")
    assert wait_until(lambda: ambassador_of(made).exit_code == 0, SOON)
    assert not cluster.complete("w")


def test_killed_it_comes_back_beside_the_running_app(api, ready):  # pylint: disable=unused-argument
    made = ready(spec([container("app", IDLE)]))
    assert NUMBER.fullmatch(call(made).stdout)
    life = made.container("app").run
    ambassador_of(made).run.signal(signal.SIGKILL)
    assert wait_until(lambda: ambassador_of(made).restarts == 1, SOON)
    assert wait_until(made.ready, SOON), logs(made)
    assert NUMBER.fullmatch(call(made).stdout)
    assert made.container("app").run is life and life.running()


def test_a_pod_is_not_ready_while_it_is_not(apply, cluster):
    made = apply(spec([container("app", IDLE)], native=False), "map: [{sauce: http://localhost/api}]\n")
    assert wait_until(lambda: made.container("app").running(), SOON)
    assert wait_until(lambda: ambassador_of(made).restarts >= 2, SOON)
    assert not made.ready()
    cluster.apply(config())
    assert wait_until(made.ready, SOON), logs(made)


def test_with_a_bad_configuration_the_app_never_starts_and_the_log_says_why(apply, cluster):
    made = apply(spec([container("app", IDLE)]), "map: [{sauce: http://localhost/api}]\n")
    assert wait_until(lambda: status(made) == "Init:CrashLoopBackOff", SOON)
    assert "/etc/ambassador/ambassador.yaml:1:" in ambassador_of(made).last_words
    assert made.container("app").run is None
    cluster.apply(config())
    assert wait_until(made.ready, SOON), logs(made)


def test_it_takes_up_a_changed_map_and_keeps_the_old_one_if_that_is_bad(api, ready, cluster):  # pylint: disable=unused-argument
    made = ready(spec([container("app", IDLE)]), "map: []\n")
    assert "403 Forbidden" in call(made).stderr
    cluster.apply(config())
    assert ambassador_of(made).run.log.wait_for("reloaded"), logs(made)
    assert NUMBER.fullmatch(call(made).stdout)
    cluster.apply(config("map: nothing\n"))
    assert ambassador_of(made).run.log.wait_for("/etc/ambassador/ambassador.yaml:1:"), logs(made)
    assert NUMBER.fullmatch(call(made).stdout)
    assert ambassador_of(made).restarts == 0


@pytest.mark.parametrize("native", [True, False])
def test_the_last_calls_of_an_app_that_ends_are_served(api, ready, native):  # pylint: disable=unused-argument
    last_words = f"for i in 1 2 3 4; do {CALL} >/dev/null && echo served $i; sleep 1; done; exit 0"
    made = ready(spec([container("app", f"trap '{last_words}' TERM; while :; do sleep 0.1; done")], native=native))
    app, proxy = made.container("app").run, ambassador_of(made)
    made.end()
    assert made.gone.wait(SOON)
    assert app.log.all() == ["served 1", "served 2", "served 3", "served 4"]
    assert proxy.exit_code == 0
    assert len([line for line in proxy.run.log.all() if "GET http://localhost/api" in line]) == 4


def test_it_does_not_hold_up_the_end_of_a_pod(ready):
    made = ready(spec([container("app", IDLE)], terminationGracePeriodSeconds=30))
    made.end()
    assert made.gone.wait(15)  # half the grace period; 2 s of quiet is what it waits for
    assert ambassador_of(made).exit_code == 0


def test_it_runs_with_no_rights_at_all(ready):
    made = ready(spec([container("app", IDLE)]))
    first = ambassador_of(made).run.pid
    with open(f"/proc/{first}/status", encoding="ascii") as file:
        facts = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    assert facts["Uid"].split() == ["1080"] * 4 and facts["Gid"].split() == ["1080"] * 4
    assert [facts[f"Cap{which}"] for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")] == ["0" * 16] * 5
    assert (facts["NoNewPrivs"], facts["Seccomp"]) == ("1", "2")
    with open(f"/proc/{first}/mounts", encoding="ascii") as file:
        mounts = {line.split()[1]: line.split()[3].split(",") for line in file}
    assert "ro" in mounts["/"] and "ro" in mounts["/etc/ambassador"]
    limit = podman("inspect", "--format={{.HostConfig.Memory}}", ambassador_of(made).run.name, check=True).stdout.strip()
    assert limit == str(64 * 1024 * 1024)


LOW = "listen: 127.0.0.1:80\nmap: []\n"


def test_a_port_below_1024_needs_a_sysctl_and_no_root(ready):
    sysctls = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    made = ready(spec([container("app", IDLE)], securityContext={"sysctls": sysctls}), LOW)
    assert "403 Forbidden" in call(made, "http_proxy= wget -q -O - http://127.0.0.1/").stderr


def test_without_the_sysctl_the_log_says_what_is_wrong(apply):
    made = apply(spec([container("app", IDLE)]), LOW.replace(":80", ":81"))
    assert wait_until(lambda: ambassador_of(made).exit_code, SOON)
    assert "127.0.0.1:81" in ambassador_of(made).last_words and "ermission denied" in ambassador_of(made).last_words


SHOW = """\
while read -r line && [ "$line" != "$(printf '\\r')" ]; do
  case $line in Authorization:*) said=$(echo "$line" | tr -d '\\r') ;; esac
done
printf 'HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n%s' ${#said} "$said"
"""


def test_a_secret_is_in_the_sidecar_alone(cluster, ready):
    show = {"kind": "ConfigMap", "metadata": {"name": "show"}, "data": {"show": SHOW}}
    server = container("server", "trap 'exit 0' TERM; nc -ll -p 8080 -e sh /app/show & wait",
                       volumeMounts=[{"name": "show", "mountPath": "/app"}])  # fmt: skip
    cluster.apply(show)
    cluster.apply({"kind": "Secret", "metadata": {"name": "pay"}, "stringData": {"token": "t0p"}})
    volume = {"name": "show", "configMap": {"name": "show"}}
    made = ready(spec([container("app", IDLE), server], secrets=["pay"], volumes=[volume]),
                 "map:\n- source: http://localhost/pay\n  target: http://localhost:8080\n"
                 "  credential: {header: Authorization, prefix: 'Bearer ', file: /secrets/pay/token}\n")  # fmt: skip
    assert call(made, "wget -q -O - http://localhost/pay").stdout == "Authorization: Bearer t0p"
    assert "No such file" in call(made, "ls /secrets").stderr
    cluster.apply({"kind": "Secret", "metadata": {"name": "pay"}, "stringData": {"token": "n3w"}})
    assert wait_until(lambda: call(made, "wget -q -O - http://localhost/pay").stdout == "Authorization: Bearer n3w", SOON)
    assert "t0p" not in ambassador_of(made).run.log.text()
