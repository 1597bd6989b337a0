"""The dashboard: Grafana's JSON, whose every query a real Prometheus answers with what real ambassadors export."""

import json
import re

import pytest

from cluster import helm, programs
from cluster.prometheus import JOB, NAMESPACE

FILE = programs.CHARTS / "ambassador" / "dashboards" / "ambassador.json"
DASHBOARD = json.loads(FILE.read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
# What Grafana would put for the variables.
CHOSEN = {"$__rate_interval": "10s", "$namespace": NAMESPACE, "$job": JOB, "$pod": ".*", "$mapping": ".*"}


def asked(expression):
    for name, value in CHOSEN.items():
        expression = expression.replace(name, value)
    assert "$" not in expression, expression
    return expression


@pytest.mark.parametrize("title, expression", QUERIES)
def test_every_query_has_data(watched, title, expression):
    def numbers(prometheus):
        return [value for _, value in prometheus.query(asked(expression)) if value == value]

    assert watched.prometheus.wait_for(numbers), title


def test_the_errors_have_dead_tcp_sources_too(watched):
    [expression] = [expression for title, expression in QUERIES if title == "Errors by mapping"]
    dead = f"tcp://localhost:{watched.tcp}"
    shares = watched.prometheus.wait_for(
        lambda it: (found := {labels["mapping"]: share for labels, share in it.query(asked(expression))}).get(dead) and found)
    assert shares and shares[dead] == shares["http://dead"] == 1 and shares["http://well"] == 0, shares


@pytest.mark.parametrize("title", ["Errors", "Blocked in the last hour", "Endpoints out of use", "Configurations not loaded"])
def test_where_nothing_is_wrong_there_is_a_zero(watched, title):
    [expression] = [expression for name, expression in QUERIES if name == title]
    [(_, number)] = watched.prometheus.query(asked(expression.replace("$pod", "nobody")))
    assert number == 0


@pytest.mark.parametrize("title, expression", QUERIES)
def test_every_legend_names_a_label_of_its_query(watched, title, expression):
    legends = [target["legendFormat"] for panel in PANELS for target in panel["targets"] if target["expr"] == expression]
    wanted = {name for legend in legends for name in re.findall(r"\{\{(\w+)\}\}", legend)}
    for labels, _ in watched.prometheus.wait_for(lambda it: it.query(asked(expression))):
        assert wanted <= labels.keys(), title


def test_no_label_of_ours_is_one_that_the_operator_sets(watched):
    """Prometheus renames a scraped label to exported_NAME if the target has a label of the same name."""
    samples = watched.prometheus.wait_for(lambda it: it.query('ambassador_upstream_healthy{upstream!=""}'))
    address = re.compile(r"(127\.0\.0\.1|\[::1\]):\d+")  # localhost may have both
    assert samples and all(address.fullmatch(labels["upstream"]) for labels, _ in samples), samples
    assert all(labels["endpoint"] == "ambassador" for labels, _ in samples), samples
    everything = watched.prometheus.query('{__name__=~"ambassador_.+"}')
    assert [labels for labels, _ in everything if any(name.startswith("exported_") for name in labels)] == []


@pytest.mark.parametrize("name", ["namespace", "job", "pod", "mapping"])
def test_every_variable_has_values(watched, name):
    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", VARIABLES[name]["definition"]).groups()
    values = watched.prometheus.ask(f"label/{label}/values", **{"match[]": asked(selector)})
    wanted = {"namespace": NAMESPACE, "job": JOB, "pod": "reporting", "mapping": "http://well"}
    assert wanted[name] in values


def test_every_query_keeps_to_what_is_chosen():
    for title, expression in QUERIES:
        for selector in re.findall(r"\b(?:ambassador|process)_\w+\{([^}]*)\}", expression):
            for name in ("namespace", "job", "pod"):
                assert f'{name}=~"${name}"' in selector, title
        assert not re.search(r"\b(?:ambassador|process)_\w+(?![\w{])", expression), title


def test_every_panel_has_a_place_of_its_own():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len({panel["title"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_panel_asks_the_chosen_data_source():
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert VARIABLES["datasource"]["query"] == "prometheus"
    for panel in PANELS:
        assert panel["datasource"] == chosen and all(target["datasource"] == chosen for target in panel["targets"])


def test_the_chart_installs_the_same_dashboard():
    rendered = helm.template(programs.CHARTS / "ambassador", {"dashboard": {"enabled": True}})
    [found] = [found for found in rendered.objects if found["metadata"]["name"] == "release-ambassador-dashboard"]
    assert json.loads(found["data"]["ambassador.json"]) == DASHBOARD
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
