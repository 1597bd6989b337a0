"""The alerts: by promtool's clock, and with a real Prometheus that watches real ambassadors in trouble."""

import contextlib
import re

import pytest
import yaml

from cluster import helm, programs
from cluster.prometheus import RULES
from harness import http_get
from harness.ambassador import Ambassador, write_config
from harness.ports import free_port
from harness.raw_client import RawClient
from harness.scripted_upstream import ScriptedUpstream, answering, ok

TESTS = programs.HERE / "alerts.yaml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
NAMES = [rule["alert"] for rule in ALERTS]
# What cannot be made here within a minute: its unit test must do.
BY_THE_CLOCK_ONLY = {"AmbassadorCertificateEndsSoon", "AmbassadorLogLinesDropped"}


def promtool(*args):
    return programs.run([programs.program("promtool"), *args], cwd=programs.HERE)


def test_promtool_takes_the_rules():
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_when_it_should_and_not_otherwise():
    done = promtool("test", "rules", TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_each_alert_has_a_case_in_which_it_fires(name):
    assert f'alertname="{name}", alertstate="firing"' in TESTS.read_text()


@pytest.mark.parametrize("rule", ALERTS, ids=NAMES)
def test_each_alert_says_what_to_do_with_the_command(rule):
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"].keys() == {"summary", "description"}
    description = rule["annotations"]["description"]
    assert "What to do:" in description
    assert re.search(r"^  (kubectl|curl) ", description, re.MULTILINE)


@pytest.mark.parametrize("rule", ALERTS, ids=NAMES)
def test_each_alert_names_its_heading_in_the_operating_guide(rule):
    guide = (programs.PROJECT / "docs" / "operations.md").read_text()
    [heading] = re.findall(r'^More: docs/operations\.md, "(.*)"\.$', rule["annotations"]["description"], re.MULTILINE)
    assert heading == rule["alert"]
    assert len(re.findall(rf"^### {heading}$", guide, re.MULTILINE)) == 1


def test_the_readme_lists_each_with_its_severity():
    readme = (programs.CHARTS / "ambassador" / "README.md").read_text()
    rows = re.findall(r"^\| `(Ambassador\w+)` \| .+ \| (\w+) \|$", readme, re.MULTILINE)
    assert rows == [(rule["alert"], rule["labels"]["severity"]) for rule in ALERTS]


def test_the_chart_installs_the_same_rules():
    rendered = helm.template(programs.CHARTS / "ambassador", {"prometheusRule": {"enabled": True}})
    assert rendered.one("PrometheusRule")["spec"] == yaml.safe_load(RULES.read_text())


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BY_THE_CLOCK_ONLY])
def test_it_fires_at_the_real_thing(watched, name):
    assert watched.prometheus.wait_for(lambda it: name in it.firing()), watched.prometheus.firing().keys()
    alert = watched.prometheus.firing()[name]
    told = alert["annotations"]["summary"] + "\n" + alert["annotations"]["description"]
    assert re.search(rf"^  kubectl -n shop .*\b{alert['labels']['pod']}\b", told, re.MULTILINE), told
    assert not re.search(r"<no value>|<error|\{\{", told), told


def test_a_dead_tcp_source_counts_as_an_error(watched):
    def mappings(prometheus):
        alerts = [alert["labels"] for alert in prometheus.ask("alerts")["alerts"] if alert["state"] == "firing"]
        found = {labels["mapping"] for labels in alerts if labels["alertname"] == "AmbassadorHighErrorRate"}
        return found if f"tcp://localhost:{watched.tcp}" in found else None

    found = watched.prometheus.wait_for(mappings)
    assert found and "http://dead" in found and "http://well" not in found, found


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_greps_of_the_descriptions_find_their_lines(tmp_path, form):
    """In a log of each format: the calls that fail, TCP too, and the blocked ones; and not what was well."""
    dead, tcp = free_port(), free_port()
    upstream = ScriptedUpstream(answering(ok()))
    config = write_config(tmp_path, f"""
        listen: 127.0.0.1:0
        log: {{format: {form}}}
        map:
          - {{source: "http://well", target: "http://{upstream.authority}"}}
          - {{source: "http://dead", target: "http://127.0.0.1:{dead}"}}
          - {{source: "tcp://localhost:{tcp}", target: "tcp://127.0.0.1:{dead}"}}
    """)
    proxy = Ambassador("-c", config, cwd=tmp_path, listeners=3)
    try:
        for host in ("well", "dead", "blocked"):
            http_get.get(proxy.port, f"http://{host}/")
        with contextlib.suppress(ConnectionResetError), contextlib.closing(RawClient(tcp)) as client:
            client.ended()
    finally:
        log = "\n".join(proxy.finish())
        upstream.close()
    assert found_by("AmbassadorHighErrorRate", log) == ["//dead/", "tcp:"]
    assert found_by("AmbassadorBlockedCalls", log) == ["//blocked/"]


def found_by(alert, log):
    """Which calls the alert's `grep` leaves of that log."""
    [rule] = [rule for rule in ALERTS if rule["alert"] == alert]
    [pattern] = re.findall(r"\|\n +grep -E '(.*)'$", rule["annotations"]["description"], re.MULTILINE)
    left = programs.run([programs.program("grep"), "-E", pattern], stdin=log).stdout
    return [call for call in ("//well/", "//dead/", "//blocked/", "tcp:") if call in left]


def test_those_that_nothing_happened_for_stay_quiet(watched):
    assert watched.prometheus.wait_for(lambda it: len(it.firing()) >= len(NAMES) - len(BY_THE_CLOCK_ONLY))
    assert not BY_THE_CLOCK_ONLY & watched.prometheus.firing().keys()
    fired = {(alert["labels"]["alertname"], alert["labels"]["pod"]) for alert in watched.prometheus.ask("alerts")["alerts"]}
    assert {pod for name, pod in fired if name == "AmbassadorDown"} == {"gone"}
    assert not any(pod == "reporting" for _, pod in fired)


def test_the_rules_only_ask_for_what_is_exported(watched):
    known = set(watched.prometheus.ask("label/__name__/values"))
    for rule in ALERTS:
        names = set(re.findall(r"\b(?:ambassador|process)_\w+|\bup\b|\bALERTS\b", rule["expr"]))
        assert names and names <= known, names - known
