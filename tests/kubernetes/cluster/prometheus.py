"""A real Prometheus that scrapes real ambassadors, each as the operator would do it for a Pod behind our PodMonitor."""

import json
import time
import urllib.parse

import yaml

from cluster.programs import CHARTS, program
from harness import http_get
from harness.environment import clean
from harness.limits import READY
from harness.ports import free_port
from harness.process import Process
from harness.tls_servers import wait_for_port

RULES = CHARTS / "ambassador" / "alerts" / "ambassador.yaml"
NAMESPACE = "shop"
JOB = "shop/ambassador"


def target(pod, port):
    """A scrape target with the labels that the Prometheus operator sets on it. `endpoint` is the name of the Pod's port."""
    labels = {"namespace": NAMESPACE, "pod": pod, "container": "ambassador", "endpoint": "ambassador"}
    return {"targets": [f"127.0.0.1:{port}"], "labels": labels}


def impatient_rules():
    """The alerts, pending for no longer than a second."""
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule["for"] = "1s"
    return rules


class Prometheus:
    """`pods` are the admin ports by their Pods' names."""

    def __init__(self, directory, pods):
        (directory / "rules.yaml").write_text(yaml.safe_dump(impatient_rules()))
        (directory / "prometheus.yaml").write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yaml"],
            "scrape_configs": [{"job_name": JOB, "static_configs": [target(pod, port) for pod, port in pods.items()]}],
        }))  # fmt: skip
        self.port = free_port()
        self._process = Process(
            [program("prometheus"), f"--config.file={directory}/prometheus.yaml", f"--storage.tsdb.path={directory}/data",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], clean(), directory)  # fmt: skip
        wait_for_port(self._process, self.port)
        if not self.wait_for(lambda it: http_get.get(it.port, "/-/ready").status == 200):
            self.close()
            raise AssertionError(f"prometheus did not start:\n{self._process.err.text()}")

    def ask(self, path, **query):
        """The data of an answer of its HTTP API."""
        answer = json.loads(http_get.get(self.port, f"/api/v1/{path}?{urllib.parse.urlencode(query, doseq=True)}").text)
        assert answer["status"] == "success", answer.get("error")
        return answer["data"]

    def query(self, expression):
        """The samples of an instant query: (labels, number)."""
        return [(sample["metric"], float(sample["value"][1])) for sample in self.ask("query", query=expression)["result"]]

    def firing(self):
        """The alerts by their name; of those with one name the last."""
        return {alert["labels"]["alertname"]: alert for alert in self.ask("alerts")["alerts"] if alert["state"] == "firing"}

    def wait_for(self, fits, timeout=READY):
        """What `fits(self)` gives once that is something; else the test may look at what it gave last."""
        deadline = time.monotonic() + timeout
        while not (found := fits(self)) and time.monotonic() < deadline:
            time.sleep(0.2)
        return found

    def close(self):
        self._process.end()
