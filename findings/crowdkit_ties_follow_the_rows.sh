#!/usr/bin/env bash
# crowd-kit 1.4.2: MajorityVote gives every tie of a table to the same label, the one that stands first in the table,
# if need be in the row of a case that is no tie. Sorting the rows turns the consensus of all tied cases, without a word.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  crowd-kit==1.4.2 pandas==3.1.1 numpy==2.4.6 scikit-learn==1.9.1
cd "$work"
"$work/venv/bin/python" - <<'P'
import pandas as pd
from crowdkit.aggregation import MajorityVote

clear = [("clear", worker, "yes") for worker in ("ann", "bob", "cleo")]
ties = [(task, worker, label) for task in ("t1", "t2") for worker, label in (("ann", "no"), ("bob", "yes"))]
seen = {}
for name, rows in (("ties first", ties + clear), ("the clear case first", clear + ties)):
    table = pd.DataFrame(rows, columns=["task", "worker", "label"])
    seen[name] = MajorityVote().fit_predict(table).loc[["clear", "t1", "t2"]].tolist()
    print(f"{name}: clear, t1, t2 -> {seen[name]}")
assert seen == {"ties first": ["yes", "no", "no"], "the clear case first": ["yes", "yes", "yes"]}
P
