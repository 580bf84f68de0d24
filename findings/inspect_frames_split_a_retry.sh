#!/usr/bin/env bash
# Inspect 0.3.285: a retry writes a log that holds all samples, those that had succeeded before included. samples_df() drops
# what stands in two logs and keeps the first, in whatever order the folder lists them. If the failed run comes first, samples
# that succeeded at once belong to it alone: joined with the run that evals_df() calls a success, half are gone, the easy half
# here, and its accuracy of .5 becomes 0.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check inspect_ai==0.3.285 pandas==3.1.1 pyarrow==26.0.1
cd "$work"
cat > run.py <<'P'
from pathlib import Path

from inspect_ai import Task, eval, eval_retry, task
from inspect_ai.analysis import evals_df, samples_df
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelAPI, ModelOutput, modelapi
from inspect_ai.scorer import match

failed_once = Path("failed_once")


@modelapi(name="toy")
class Toy(ModelAPI):
    async def generate(self, input, tools, tool_choice, config):
        easy = input[-1].text in ("Question 0?", "Question 1?")
        if not easy and not failed_once.exists():
            failed_once.touch()
            raise ValueError("a hiccup")
        return ModelOutput.from_content(self.model_name, "yes" if easy else "no")


@task
def questions():
    return Task([Sample(id=i, input=f"Question {i}?", target="yes") for i in range(4)], scorer=match())


if __name__ == "__main__":  # a retry reads this file again
    how = {"log_dir": "logs", "display": "none", "max_samples": 1}
    (failed,) = eval(questions(), model="toy/x", **how)
    (retried,) = eval_retry(failed, **how)
    said = retried.results.scores[0].metrics["accuracy"].value
    logs = [failed.location, retried.location]
    runs = evals_df(logs, quiet=True)
    seen = {}
    for name, order in (("failed run first", logs), ("retry first", logs[::-1])):
        joined = samples_df(order, quiet=True).merge(runs[runs.status == "success"], on="eval_id")
        seen[name] = (joined.score_match == "C").mean(), len(joined)
        print(f"{name}: accuracy {seen[name][0]} of {seen[name][1]}; the log says {said}")
    assert said == 0.5
    assert seen == {"failed run first": (0.0, 2), "retry first": (0.5, 4)}
P
"$work/venv/bin/python" run.py 2>/dev/null
