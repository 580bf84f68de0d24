"""Write the generated parts of the README: tables of methods, losses, papers and demo, a figure.

``python tools/readme.py`` writes all of it; ``--tables`` the tables of methods and papers alone,
which take no time and are what the tests compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cede.losses import SURROGATES
from cede.routers import METHODS
from cede.routers._methods import COMPARED, FITTED
from cede_papers import IN_DIRECTION, NOT_REPRODUCED, NOT_RUN, REPRODUCED, write_page

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
VERDICTS = (REPRODUCED, IN_DIRECTION, NOT_REPRODUCED, NOT_RUN)
FIGURE = ROOT / "docs" / "model-or-physician.svg"


def methods_table() -> str:
    """What each method needs and gives: the table that ``compare`` and ``fit`` read."""
    gifts = ("missing_answers", "estimates", "added_experts", "no_torch")
    lines = [
        "| method | learns from | missing answers | later fees | experts join | light | what it is |",  # noqa: E501
        "| --- | --- | :-: | :-: | :-: | :-: | --- |",
    ]
    for row in METHODS.values():
        learns = "labels" if "labels" in row.needs else "costs"
        learns += ", a model's probabilities" if "probabilities" in row.needs else ""
        name = f"**`{row.name}`**" if row.name in (*COMPARED, FITTED) else f"`{row.name}`"
        slow = " Slow: some seconds for a fit." if row.slow else ""
        marks = " | ".join("yes" if gift in row.gives else "–" for gift in gifts)
        lines.append(f"| {name} | {learns} | {marks} | {row.summary}{slow} |")
    return "\n".join(lines)


def surrogates_table() -> str:
    lines = [
        "| surrogate | learns from | consistent | realizable | bounded | reference |",
        "| --- | --- | :-: | :-: | :-: | --- |",
    ]
    for row in SURROGATES.values():
        proven = (row.consistent, row.realizable, row.bounded)
        marks = " | ".join({True: "yes", False: "no", None: "–"}[value] for value in proven)
        kind = row.kind.replace("_", "-")
        lines.append(f"| `{row.name}` | {kind} | {marks} | {row.reference} |")
    return "\n".join(lines)


def papers_table() -> str:
    """Title and verdicts of every paper, from its own README."""
    lines = ["| experiment | " + " | ".join(VERDICTS) + " |", "| --- |" + " --: |" * len(VERDICTS)]
    for path in sorted((ROOT / "papers").glob("*/README.md")):
        text = path.read_text(encoding="utf-8")
        title = text.splitlines()[0].removeprefix("# ")
        claims = text.split("<!-- claims: begin -->")[1].split("<!-- claims: end -->")[0]
        counts = [str(claims.count(f"**{verdict}**")) for verdict in VERDICTS]
        lines.append(f"| [{title}](papers/{path.parent.name}/README.md) | {' | '.join(counts)} |")
    return "\n".join(lines)


def demo_table() -> str:
    from pyarrow import Table

    from cede.datasets import load_support2
    from cede.report.plotting import comparison, to_svg
    from cede.study import compare_table

    data = load_support2()
    study = compare_table(
        Table.from_pydict(data.columns()),
        data.target_name,
        {"physician": "physician"},
        fees={"physician": 0.02},
        progress=lambda step, done: print(f"{done:4.0%}  {step}"),
    )
    FIGURE.parent.mkdir(exist_ok=True)
    FIGURE.write_text(
        to_svg(comparison(study.comparison), label="accuracy against the share of cases deferred"),
        encoding="utf-8",
    )
    at = study.comparison.at(0.2)
    header, rows = at.cells()
    header[3] = "kept, %"
    header[5] = "to the physician, %"
    cells = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in cells)
    return (
        f"At a budget of 20 %, on {at.n_cases:,} patients nobody was fitted on (in %):\n\n{table}"
    )


def main() -> None:
    made = {"methods": methods_table(), "surrogates": surrogates_table(), "papers": papers_table()}
    if "--tables" not in sys.argv:
        made["demo"] = demo_table()
    write_page(README, made)


if __name__ == "__main__":
    main()
