"""The figures of the documents are those of the run that they name."""

import re

import pytest

from reader import documents

RUN = documents.PROJECT / "bench" / "results" / "2026-11-23-epyc-2-cores" / "README.md"
GUIDE = documents.Document(documents.PROJECT / "docs" / "performance.md")
COMPARISON = documents.Document(documents.PROJECT / "docs" / "comparison.md")
README = documents.Document(documents.PROJECT / "README.md")

# How a row of the guide begins, and the scenarios whose ratios it has, in order.
RATIOS = {
    "100 B answers": [f"reverse-100b-c{n}" for n in (1, 16, 64, 256)],
    "64 KiB answers": [f"reverse-64k-c{n}" for n in (1, 16, 64, 256)],
    "1 MiB answers": [f"reverse-1m-c{n}" for n in (1, 16, 64, 256)],
    "POST of 16 KiB": ["post-16k-c16", "post-16k-c64"],
    "POST of 1 MiB": ["post-1m-c16"],
    "a connection for each call": ["connections-per-second"],
    "two workers": ["workers-2-100b-c64"],
    "forward proxy": [f"forward-100b-c{n}" for n in (1, 16, 64, 256)],
    "TLS to the upstream": ["tls-up-100b-c64", "tls-up-1m-c16"],
    "TLS from the client": ["tls-in-100b-c64", "tls-in-1m-c16", "tls-in-fresh-c16"],
    "TCP": ["tcp-100b-c64", "tcp-1m-c16", "tcp-post-1m-c16", "tcp-fresh-c16"],
    "tunnels": ["tunnel-100b-c64", "tunnel-1m-c16", "tunnel-fresh-c16"],
}
# How a row begins, and the scenario and the columns whose figures it has, of each contestant.
FIGURES = {
    "bytes per idle connection": ("idle-memory", ["RSS B/conn"]),
    "memory after the first call": ("start", ["RSS MiB"]),
    "the same as PSS": ("start", ["PSS MiB"]),
    "p50, p99, p99.9": ("latency-rate-2000", ["p50 µs", "p99 µs", "p99.9 µs"]),
    "share of the busier": ("spread-four-connections", ["busiest"]),
}


def cells(line):
    return [cell.strip() for cell in line.strip("|\n").split("|")]


def scenario(name):
    """contestant: {column: figure}"""
    text = RUN.read_text(encoding="utf-8")
    table = text[text.index(f"(`{name}`)") :].split("\n\n")[1].splitlines()
    header = cells(table[0])
    return {row[0]: dict(zip(header, row)) for row in map(cells, table[2:])}


def row(document, begin):
    return next(cells(line) for line in document.text.splitlines() if line.startswith(f"| {begin}"))


def number(text):
    return float(re.sub(r"[*,% ]", "", text))


@pytest.mark.parametrize("begin, names", RATIOS.items())
def test_ratios_are_those_of_the_run(begin, names):
    for peer, cell in zip(("to haproxy", "to nginx", "to squid"), row(GUIDE, begin)[1:]):
        shown = [number(text) for text in cell.split(", ") if text]
        assert shown == [float(scenario(name)["ambassador"][peer]) for name in names if peer in scenario(name)["ambassador"]]


def test_the_ratios_of_refused_calls_are_those_of_the_run():
    to_haproxy, to_nginx, to_squid = map(number, row(GUIDE, "refused calls")[1:])
    ours = scenario("blocked-c64")["ambassador"]
    assert (to_haproxy, to_nginx) == (float(ours["to haproxy"]), float(ours["to nginx"]))
    assert to_squid == float(scenario("blocked-forward-c64")["ambassador"]["to squid"])


@pytest.mark.parametrize("begin, source", FIGURES.items())
def test_figures_are_those_of_the_run(begin, source):
    name, columns = source
    for contestant, cell in zip(("ambassador", "haproxy", "nginx"), row(GUIDE, begin)[1:]):
        shown = [number(text) for text in cell.split(", ")]
        assert shown == [number(scenario(name)[contestant][column]) for column in columns]


@pytest.mark.parametrize("begin, name, column", [
    ("CPU time per call, in front of a server", "reverse-100b-c64", "CPU µs"),
    ("CPU time per call, as a forward proxy", "forward-100b-c64", "CPU µs"),
    ("memory after the first call", "start", "RSS MiB"),
])  # fmt: skip
def test_the_comparisons_figures_are_those_of_the_run(begin, name, column):
    contestants = ("ambassador", "envoy", "haproxy", "nginx", "squid")
    unit = column.split()[1]
    shown = {contestant: cell for contestant, cell in zip(contestants, row(COMPARISON, begin)[1:]) if re.match(r"\d", cell)}
    assert "ambassador" in shown and len(shown) > 1
    assert shown == {contestant: f"{scenario(name)[contestant][column]} {unit}" for contestant in shown}


def test_the_readmes_table_has_rows_of_the_comparison():
    tables = [re.findall(r"^\| .*$", re.sub(" [¹²³⁴-⁹]", "", document.text), re.MULTILINE) for document in (README, COMPARISON)]
    assert len(tables[0]) > 5
    assert [line for line in tables[0] if line not in tables[1]] == []
