#!/usr/bin/env bash
# Inspect 0.3.285: value_to_float(), which turns a sample's score into a number for every metric, knows C, I, P, N, yes,
# no, true, false and numbers. Any other word becomes 0.0, as a wrong answer is, and a line in the log: "correct", a grader's
# letter, "N/A" and None alike. What nobody graded, and what was graded right in another word, counts as an error.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check inspect_ai==0.3.285
cd "$work"
"$work/venv/bin/python" - <<'P' 2>/dev/null
from inspect_ai.scorer import value_to_float

read = value_to_float()
seen = {value: read(value) for value in ("C", "I", "P", "yes", "correct", "A", "N/A", None)}
print(seen)
assert seen == {"C": 1.0, "I": 0.0, "P": 0.5, "yes": 1.0, "correct": 0.0, "A": 0.0, "N/A": 0.0, None: 0.0}
P
