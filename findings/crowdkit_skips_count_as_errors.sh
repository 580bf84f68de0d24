#!/usr/bin/env bash
# crowd-kit 1.4.2: a row whose label is missing (a worker who skipped the task) is left out of the vote, and counts as a
# wrong answer in MajorityVote's skills_, which say how often each worker agrees with the vote.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  crowd-kit==1.4.2 pandas==3.1.1 numpy==2.4.6 scikit-learn==1.9.1
cd "$work"
"$work/venv/bin/python" - <<'P'
import pandas as pd
from crowdkit.aggregation import MajorityVote

answers = [(task, worker, "yes") for task in ("t1", "t2", "t3", "t4") for worker in ("ann", "bob", "cleo")]
table = pd.DataFrame(answers, columns=["task", "worker", "label"])
skipped = (table.worker == "cleo") & table.task.isin(["t1", "t2"])
with_skips = MajorityVote().fit(table.assign(label=table.label.mask(skipped)))
without = MajorityVote().fit(table[~skipped])
print("rows with a missing label:", with_skips.skills_.to_dict())
print("the same rows left out:   ", without.skills_.to_dict())
assert with_skips.labels_.tolist() == without.labels_.tolist() == ["yes"] * 4
assert with_skips.skills_["cleo"] == 0.5 and without.skills_["cleo"] == 1.0
P
