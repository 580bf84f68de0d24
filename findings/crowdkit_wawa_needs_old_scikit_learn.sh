#!/usr/bin/env bash
# crowd-kit 1.4.2 asks for scikit-learn without an upper bound, and with 1.9.1 Wawa and ZeroBasedSkill end in an
# AttributeError about __sklearn_tags__ in predict, after a fit that works; MajorityVote, DawidSkene, GLAD and MACE work.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  crowd-kit==1.4.2 pandas==3.1.1 numpy==2.4.6 scikit-learn==1.9.1
cd "$work"
"$work/venv/bin/python" - <<'P'
import crowdkit.aggregation as aggregation
import pandas as pd

answers = [(task, worker, str(task % 2)) for task in range(6) for worker in ("ann", "bob", "cleo")]
table = pd.DataFrame(answers, columns=["task", "worker", "label"])
seen = {}
for name in ("MajorityVote", "DawidSkene", "GLAD", "MACE", "Wawa", "ZeroBasedSkill"):
    method = getattr(aggregation, name)()
    method.fit(table)
    try:
        method.fit_predict(table)
        seen[name] = "works"
    except AttributeError as error:
        assert "__sklearn_tags__" in str(error)
        seen[name] = "AttributeError"
print(seen)
assert [name for name, said in seen.items() if said != "works"] == ["Wawa", "ZeroBasedSkill"]
P
