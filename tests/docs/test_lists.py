"""What the guides list, commands, paths of the admin port and alerts, is what there is."""

import re

import yaml

from harness.ambassador import Ambassador, run
from reader import documents

DOCS = documents.PROJECT / "docs"


def listed(document, heading, pattern):
    """What the pattern finds in the first cells of the table below that heading."""
    text = documents.Document(DOCS / document).text
    section = text[text.index(f"# {heading}\n") :]
    table = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE).group()
    return {found for line in table.splitlines()[2:] for found in re.findall(pattern, line.split(" | ")[0])}


def test_every_command_is_listed(tmp_path):
    said = run("--help", cwd=tmp_path).stdout
    commands = said[said.index("Subcommands:") : said.index("Examples:")]
    has = set(re.findall(r"^  ([a-z]+) ", commands, re.MULTILINE))
    assert listed("commands.md", "Commands", r"`ambassador \[?([a-z]+)") == has


def test_every_path_of_the_admin_port_is_listed(tmp_path):
    proxy = Ambassador("--listen", "127.0.0.1:0", "--unmapped", "report", "--admin", "127.0.0.1:0", cwd=tmp_path, admin=True)
    try:
        has = set(re.findall(r"^  (/[a-z]+)", proxy.admin("/").text, re.MULTILINE))
    finally:
        proxy.finish()
    assert len(has) > 5
    assert listed("operations.md", "The page and the admin port", r"(/[a-z]+)\b(?!/)") >= has


def test_every_alert_is_listed():
    groups = yaml.safe_load((documents.PROJECT / "charts" / "ambassador" / "alerts" / "ambassador.yaml").read_text())["groups"]
    has = {rule["alert"] for group in groups for rule in group["rules"]}
    guide = (documents.PROJECT / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^### (Ambassador\w+)$", guide, re.MULTILINE)) == has
