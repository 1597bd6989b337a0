"""The report as text for a terminal and as Markdown for a document: the same tables."""

from report.summary import noise_sentence, rows
from scenarios.scenarios import SHAPES

SIZE_NAMES = {"100b": "100 B", "64k": "64 KiB", "1m": "1 MiB"}
COLUMNS = ("CPU µs", "spread", "req/s", "busy", "p50 µs", "p99 µs", "RSS MiB")


def title(scenario):
    plural = "s" if scenario.connections > 1 else ""
    return f"{scenario.shape}, {SIZE_NAMES[scenario.answer]} answers, {scenario.connections} connection{plural}"


def table(results):
    """The header and the lines of one scenario, as lists of cells."""
    found = rows(results)
    peers = list(dict.fromkeys(peer for row in found for peer in row.ratios))
    lines = [[row.name, f"{row.cpu:.1f}", f"{row.spread:.0%}", f"{row.rate:.0f}", f"{row.busy:.0%}", f"{row.p50:.0f}",
              f"{row.p99:.0f}", f"{row.memory / 2**20:.1f}",
              *(f"{row.ratios[peer]:.2f}" if peer in row.ratios else "" for peer in peers)] for row in found]
    return ["", *COLUMNS, *(f"to {peer}" for peer in peers)], lines


def legend():
    return ("CPU µs: the proxy's processor time per request. busy: the share of its core. RSS: of all its processes, after "
            "the run. to X: CPU time over X's, the median of the rounds' ratios. Medians over the rounds.")


def plain(heading, notes, results):
    parts = [*heading, ""]
    for scenario, by_name in results.items():
        header, lines = table(by_name)
        widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
        parts.append(title(scenario))
        parts += ["  " + "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                                   for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
                  for line in [header, *lines]]
        parts.append("")
    return "\n".join([*parts, legend(), *notes, noise_sentence(results)]) + "\n"


def markdown(heading, notes, results):
    parts = [f"{line}  " for line in heading] + [""]
    for shape, meaning in SHAPES.items():
        of_shape = {scenario: by_name for scenario, by_name in results.items() if scenario.shape == shape}
        if of_shape:
            parts += [f"## {shape.capitalize()}: {meaning}", ""]
        for scenario, by_name in of_shape.items():
            header, lines = table(by_name)
            parts += [f"**{title(scenario)}**", "", "| " + " | ".join(header) + " |",
                      "| --- |" + " ---: |" * (len(header) - 1), *("| " + " | ".join(line) + " |" for line in lines), ""]
    return "\n".join([*parts, legend(), "", *notes, *([""] if notes else []), noise_sentence(results)]) + "\n"
