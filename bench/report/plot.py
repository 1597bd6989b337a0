"""One SVG for each family of scenarios and each figure that is compared: bars, and whiskers from the least to the most.

Colours are those of the page: the text takes the reader's, and bars are told apart by their labels as well.
"""

import html

from report.summary import rows
from scenarios.figures import KINDS
from scenarios.scenarios import plural

WIDTH = 720
LABELS = 165
VALUES = 90
BAR = 16
GAP = 5
GROUP_GAP = 16
TOP = 56
BOTTOM = 14
# Told apart by most who see few colours, and on white as on black.
COLOURS = {"ambassador": "#0072b2", "haproxy": "#d55e00", "haproxy-splice": "#e69f00", "nginx": "#009e73",
           "squid": "#cc79a7", "tinyproxy": "#999999", "direct": "#999999"}
ANOTHER = "#56b4e9"
STYLE = ("text{font:12px system-ui,sans-serif;fill:#222}.title{font-size:15px;font-weight:600}.whisker{stroke:#222}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}.whisker{stroke:#ddd}}")


def plots(results):
    """{file name: SVG}"""
    families = {}
    for scenario, by_name in results.items():
        families.setdefault(scenario.family, []).append((scenario, rows(scenario, by_name)))
    return {f"{family}-{figure.key}.svg": plot(family, figure, group)
            for family, group in families.items() for figure in KINDS[group[0][0].kind].compared}


def plot(family, figure, group):
    """`group` is [(scenario, rows)]: a block of bars for each."""
    longest = max(figure.shown(row.most[figure.key]) for _, found in group for row in found) or 1
    marks, y = [], TOP
    for scenario, found in group:
        if len(group) > 1:
            marks.append(f'<text x="12" y="{y + 12}">{plural(scenario.connections)}</text>')
            y += BAR + GAP
        for row in found:
            marks.append(bar(row, figure, (WIDTH - LABELS - VALUES) / longest, y))
            y += BAR + GAP
        y += GROUP_GAP
    name = group[0][0].title if len(group) == 1 else family
    title = f"{name}: {figure.title}"
    return document(title, description(figure, group), y + BOTTOM, marks)


def bar(row, figure, unit, y):
    value, least, most = (figure.shown(values[figure.key]) for values in (row.median, row.least, row.most))
    middle, end = y + BAR / 2, LABELS + most * unit
    return (f'<text x="{LABELS - 8}" y="{y + 12}" text-anchor="end">{html.escape(row.name)}</text>'
            f'<rect x="{LABELS}" y="{y}" width="{max(value * unit, 0):.1f}" height="{BAR}" fill="{colour(row.name)}"/>'
            f'<path class="whisker" d="M{LABELS + least * unit:.1f} {middle}H{end:.1f}"/>'
            f'<text x="{end + 6:.1f}" y="{y + 12}">{figure.text(row.median[figure.key])}</text>')


def colour(name):
    return COLOURS.get(name, ANOTHER)


def description(figure, group):
    """What a reader hears who does not see the bars."""
    said = [f"{plural(scenario.connections)}: " * (len(group) > 1)
            + ", ".join(f"{row.name} {figure.text(row.median[figure.key])}" for row in found) for scenario, found in group]
    return "; ".join(said)


def document(title, text, height, marks):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        'aria-labelledby="title description">',
        f'<title id="title">{html.escape(title)}</title>', f'<desc id="description">{html.escape(text)}</desc>',
        f"<style>{STYLE}</style>", f'<text class="title" x="12" y="24">{html.escape(title)}</text>',
        '<text x="12" y="42">shorter is better; bars are medians, whiskers the least and the most</text>', *marks, "</svg>", ""])
