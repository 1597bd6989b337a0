"""The folders of config/ are steps from what the user wrote to the settings, and no step includes a later one."""

from includes import includes, project_header

# What every step may use: how a fault is told, and the tables and values that know nothing of documents.
COMMON = ["diagnostic", "inputs", "protocol", "report", "units"]
STEPS = ["common", "document", "keys", "settings", "top"]


def step_of(path, config):
    """The step that a file belongs to: its folder, or, for a file directly in config/, common or top."""
    parts = path.relative_to(config).parts
    if len(parts) > 1:
        return parts[0]
    return "common" if path.stem in COMMON else "top"


def upward_includes(path, proxy):
    """A line for each #include of a file in config/ that names a later step."""
    config = proxy / "config"
    own = step_of(path, config)
    if own not in STEPS:
        return [f"{path}:1: config/{own} is no step that tests/layers/config_order.py knows"]
    found = []
    for line, name in includes(path):
        header = project_header(name, path, proxy)
        if header is None or config not in header.parents:
            continue
        other = step_of(header, config)
        if other in STEPS and STEPS.index(other) > STEPS.index(own):
            found.append(f"{path}:{line}: {own} must not include {other}, which is a later step of config/: {name}")
    return found
