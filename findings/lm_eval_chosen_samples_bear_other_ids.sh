#!/usr/bin/env bash
# lm-evaluation-harness 0.4.13: with --samples, documents are evaluated in the order of the data, and get their doc_id from
# the list as it was written, place by place. Whoever asks for [5, 2, 9] reads document 2 under the number 5 and 5 under 2,
# and joining two runs by doc_id pairs answers to different questions. The doc_hash is right.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  lm-eval==0.4.13 datasets==5.2.0 evaluate==0.4.6 numpy==2.4.6
cd "$work"
export HF_HOME="$work/cache" HF_DATASETS_OFFLINE=1 HF_HUB_OFFLINE=1
for i in $(seq 0 9); do echo "{\"question\": \"number $i?\", \"answer\": \"$i\"}"; done > docs.jsonl
"$work/venv/bin/python" - <<'P' 2>/dev/null
from lm_eval import simple_evaluate
from lm_eval.api.task import ConfigurableTask

task = ConfigurableTask(
    config={
        "task": "numbers",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": "docs.jsonl"}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{question}}",
        "doc_to_target": "{{answer}}",
        "generation_kwargs": {"until": ["."]},
        "metric_list": [{"metric": "exact_match"}],
    }
)
results = simple_evaluate(model="dummy", tasks=[task], samples={"numbers": [5, 2, 9]}, bootstrap_iters=0)
seen = {row["doc_id"]: row["doc"]["question"] for row in results["samples"]["numbers"]}
print(seen)
assert seen == {5: "number 2?", 2: "number 5?", 9: "number 9?"}
P
