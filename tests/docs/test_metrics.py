"""The operating guide has every metric that is exported, with its type and its labels; and no document names another."""

import re
import socket

import pytest

from harness.ambassador import Ambassador, samples, write_config
from harness.certificates import Certificates
from harness.raw_client import RawClient
from harness.scripted_upstream import ScriptedUpstream, answering, ok
from reader import documents

GUIDE = documents.Document(documents.PROJECT / "docs" / "operations.md")
ROW = re.compile(r"^\| (`(?:ambassador|process)_[^|]*) \| (\w+) \|([^|]*)\|", re.MULTILINE)
NAME = re.compile(r"\b(?:ambassador|process)_[a-z_]+\b")
TYPE = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
CODE = re.compile(r"`(\w+)`")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def documented():
    """name: (type, labels)"""
    return {name: (kind, set(CODE.findall(labels))) for names, kind, labels in ROW.findall(GUIDE.text)
            for name in CODE.findall(names)}  # fmt: skip


@pytest.fixture(name="exported", scope="module")
def _exported(tmp_path_factory):
    """What /metrics says after a call of each kind."""
    directory = tmp_path_factory.mktemp("metrics")
    pair = Certificates(directory).good
    server = ScriptedUpstream(answering(ok("HTTP/1.1 503 Busy\r\n")))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        closed = silent.getsockname()[1]
    config = write_config(directory, f"""
        listen: [127.0.0.1:0, {{address: "127.0.0.1:0", tls: {{cert: {pair.cert}, key: {pair.key}}}}}]
        admin: 127.0.0.1:0
        map:
          - {{source: "http://well", target: "http://{server.authority}", mirror: {{target: "http://{server.authority}"}}}}
          - {{source: "http://ill", target: "http://127.0.0.1:{closed}"}}
    """)
    proxy = Ambassador("-c", config, cwd=directory, listeners=2, admin=True)
    client = RawClient(proxy.port)
    try:
        for url in ("http://well/", "http://ill/", "http://timecheck/"):
            client.get(url)
            proxy.log(url)
        yield proxy.admin("/metrics").text
    finally:
        client.close()
        proxy.finish()
        server.close()


def test_every_metric_is_documented_with_its_type(exported):
    assert {name: kind for name, (kind, _) in documented().items()} == dict(TYPE.findall(exported))


def test_every_label_is_documented(exported):
    found = {}
    for name, labels, _ in samples(exported):
        found.setdefault(name if name in documented() else SUFFIX.sub("", name), set()).update(set(labels) - {"le"})
    rows = documented()
    assert {name: labels for name, labels in found.items() if rows[name][1] != labels} == {}
    assert len(found) > len(rows) - 4, "too few metrics have samples to be compared"


@pytest.mark.parametrize("document", **documents.named(documents.DOCUMENTS))
def test_no_document_names_a_metric_that_does_not_exist(document):
    names = {SUFFIX.sub("", name) for name in NAME.findall(document.text)}
    assert names - set(documented()) == set()
