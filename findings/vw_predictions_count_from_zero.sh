#!/usr/bin/env bash
# Vowpal Wabbit 9.11.9: without action-dependent features, labels of a contextual bandit count actions from 1, and the
# predictions for the same lines count them from 0 (those of --csoaa, with the same labels, from 1). A label that counts from 0
# as the predictions do is accepted without a word: action 0 is nobody's, and the line teaches nothing.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check vowpalwabbit==9.11.9
cd "$work"
cat > check.py <<'P'
from vowpalwabbit import Workspace


def last_prediction(arguments, text):
    with open("log.txt", "w") as file:
        file.write(text)
    Workspace(f"{arguments} -d log.txt -p predictions.txt --quiet").finish()
    with open("predictions.txt") as file:
        return file.read().split()[-1]


for free in (1, 2, 3):
    costs = {action: float(action != free) for action in (1, 2, 3)}
    bandit = "".join(f"{a}:{costs[a]}:0.333 | x\n" for _ in range(200) for a in (1, 2, 3))
    known = "".join(f"1:{costs[1]} 2:{costs[2]} 3:{costs[3]} | x\n" for _ in range(200))
    seen = (
        last_prediction("--cb 3", bandit),
        last_prediction("--cb_explore 3", bandit).split(":")[0],
        last_prediction("--csoaa 3", known),
    )
    print(f"label {free} is the best action: --cb says {seen[0]}, --cb_explore {seen[1]}, --csoaa {seen[2]}")
    assert seen == (str(free - 1), str(free - 1), str(free))
with open("log.txt", "w") as file:
    file.write("0:1:0.5 | x\n" * 100)
learner = Workspace("--cb 3 -d log.txt --quiet")
print("100 lines with label 0 and cost 1: loss", learner.get_sum_loss())
assert learner.get_sum_loss() == 0.0
learner.finish()
P
"$work/venv/bin/python" check.py
