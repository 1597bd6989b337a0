"""What is printed, and whether it is a failure."""

from counting.baseline import TOLERANCE, Verdict

UPDATE = './dev bench instructions --update --reason "WHY"'


def table(rows):
    width = max(len(row.name) for row in rows)
    lines = [f"{'instructions of':{width}}  {'counted':>9}  {'baseline':>9}  change"]
    for row in rows:
        compared = row.count is not None and row.baseline is not None
        lines.append(f"{row.name:{width}}  {figure(row.count)}  {figure(row.baseline)}  "
                     f"{f'{row.change:+.1%}' if compared else ''} {mark(row.verdict)}".rstrip())
    return "\n".join(lines)


def figure(count):
    return f"{'-' if count is None else f'{count:,.0f}' if count >= 100 else f'{count:,.1f}':>9}"


def mark(verdict):
    return "" if verdict is Verdict.SAME else verdict.value


def judge(rows, differences):
    """The sentences under the table, and whether this passes."""
    by_verdict = {verdict: [row.name for row in rows if row.verdict is verdict] for verdict in Verdict}
    sentences, passes = [], True
    if by_verdict[Verdict.NEW] or by_verdict[Verdict.GONE]:
        passes = False
        sentences.append("The baseline has other operations than were counted: " + UPDATE)
    if grew := by_verdict[Verdict.GREW]:
        passes = passes and bool(differences)
        sentences.append(f"More than {TOLERANCE:.0%} dearer: {'; '.join(grew)}. Make it cheaper, or, where it is worth that, "
                         f"change the baseline in the same commit: {UPDATE}")
    if shrank := by_verdict[Verdict.SHRANK]:
        sentences.append(f"More than {TOLERANCE:.0%} cheaper: {'; '.join(shrank)}. Keep the gain: {UPDATE}")
    if differences:
        sentences.append(f"The baseline was made with something else, so a growth is only told: {'; '.join(differences)}.")
    return sentences, passes
