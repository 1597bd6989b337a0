"""Charts, rendered by the real helm."""

import dataclasses
import json

import yaml

from cluster.programs import installed, run

# Without native sidecars, the first with them, and a recent one.
KUBE_VERSIONS = ("1.28", "1.29", "1.33")


@dataclasses.dataclass
class Rendered:
    """What `helm template` printed."""

    text: str

    def __post_init__(self):
        self.objects = [document for document in yaml.safe_load_all(self.text) if document]

    def kinds(self):
        return sorted(found["kind"] for found in self.objects)

    def one(self, kind):
        [found] = [found for found in self.objects if found["kind"] == kind]
        return found

    def config(self):
        """The text of the one ambassador.yaml in it."""
        [text] = [found["data"]["ambassador.yaml"] for found in self.objects
                  if found["kind"] == "ConfigMap" and "ambassador.yaml" in found["data"]]  # fmt: skip
        return text


def helm(*args, stdin=""):
    return run([installed("helm"), *args], stdin=stdin)


def attempt(chart, values=None, kube_version="1.33", command=("template", "release")):
    """`helm template` with these values, an object or the text of a file; it may fail."""
    text = values if isinstance(values, str) else json.dumps(values or {})
    version = ["--kube-version", kube_version] if command[0] == "template" else []
    return helm(*command, chart, "--namespace", "shop", *version, "--values", "-", stdin=text)


def template(chart, values=None, **options):
    done = attempt(chart, values, **options)
    assert done.returncode == 0, done.stderr
    return Rendered(done.stdout)
