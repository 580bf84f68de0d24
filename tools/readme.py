"""Write the generated parts of the README: the table of methods, the demo's table and its figure.

``python tools/readme.py`` writes all of it; ``--methods`` the table of methods alone, which takes
no time and is what the tests compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cede.surrogates import SURROGATES

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
FIGURE = ROOT / "docs" / "model-or-physician.svg"


def methods_table() -> str:
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


def demo_table() -> str:
    from pyarrow import Table

    from cede.datasets import load_support2
    from cede.plotting import comparison, to_svg
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


def replaced(text: str, block: str, content: str) -> str:
    begin, end = f"<!-- {block}: begin -->", f"<!-- {block}: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{content}\n{end}{after}"


def main() -> None:
    text = replaced(README.read_text(encoding="utf-8"), "methods", methods_table())
    if "--methods" not in sys.argv:
        text = replaced(text, "demo", demo_table())
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
