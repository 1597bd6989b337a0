"""The report as text for a terminal and as Markdown for a document: the same tables."""

from report.summary import noise_sentence, rows
from scenarios.figures import KINDS
from scenarios.scenarios import SHAPES


def table(scenario, results):
    """The header and the lines of one scenario, as lists of cells."""
    kind = KINDS[scenario.kind]
    found = rows(scenario, results)
    peers = list(dict.fromkeys(peer for row in found for peer in row.ratios))
    header = ["", *(figure.title for figure in kind.figures), "spread", *(f"to {peer}" for peer in peers)]
    lines = [[row.name, *(figure.text(row.median[figure.key]) for figure in kind.figures), f"{row.spread:.0%}",
              *(" / ".join(f"{ratio:.2f}" for ratio in row.ratios.get(peer, {}).values()) for peer in peers)]
             for row in found]
    return header, lines


def legend(results):
    kinds = dict.fromkeys(scenario.kind for scenario in results)
    return [*(f"{KINDS[kind].legend} Compared: {', '.join(figure.title for figure in KINDS[kind].compared)}." for kind in kinds),
            "Medians over the rounds. spread: of the first figure that is compared, (most - least) / median. to X: the "
            "median of the rounds' ratios to X, of each figure that is compared."]


def plain(heading, notes, results):
    parts = [*heading, ""]
    for scenario, by_name in results.items():
        header, lines = table(scenario, by_name)
        widths = [max(len(line[column]) for line in [header, *lines]) for column in range(len(header))]
        parts.append(f"{scenario.name}: {scenario.title}")
        parts += ["  " + "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                                   for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
                  for line in [header, *lines]]
        parts.append("")
    return "\n".join([*parts, *legend(results), *notes, noise_sentence(results)]) + "\n"


def markdown(heading, notes, results):
    parts = [f"{line}  " for line in heading] + [""]
    for shape, meaning in SHAPES.items():
        of_shape = {scenario: by_name for scenario, by_name in results.items() if scenario.shape == shape}
        if of_shape:
            parts += [f"## {shape.capitalize()}: {meaning}", ""]
        for scenario, by_name in of_shape.items():
            header, lines = table(scenario, by_name)
            parts += [f"**{scenario.title}** (`{scenario.name}`)", "", "| " + " | ".join(header) + " |",
                      "| --- |" + " ---: |" * (len(header) - 1), *("| " + " | ".join(line) + " |" for line in lines), ""]
    return "\n\n".join(["\n".join(parts).rstrip(), *legend(results), *notes, noise_sentence(results)]) + "\n"
