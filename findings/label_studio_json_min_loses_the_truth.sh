#!/usr/bin/env bash
# label-studio-sdk 2.1.2 (the converter of Label Studio): JSON-MIN writes an annotator's answer over the field of the task that
# has the name of the question. Of a task with {"label": "no"} that is answered by <Choices name="label">, the true answer is
# gone, and every annotator is always right. CSV renames the field (_data_label). Who has no e-mail is null, and what somebody passed
# over is gone from both.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check label-studio-sdk==2.1.2
cd "$work"
"$work/venv/bin/python" - <<'P'
import csv
import json

from label_studio_sdk.converter import Converter

config = """<View><Text name="text" value="$text"/><Choices name="label" toName="text">
<Choice value="yes"/><Choice value="no"/></Choices></View>"""
said = {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["yes"]}}
annotations = [
    {"id": 7, "completed_by": {"id": 3}, "created_at": "2026-01-01", "result": [said]},
    {"id": 8, "completed_by": 4, "created_at": "2026-01-02", "result": [], "was_cancelled": True},
]
task = {"id": 1, "data": {"text": "A", "label": "no"}, "annotations": annotations}
with open("tasks.json", "w") as file:
    json.dump([task], file)
converter = Converter(config, ".")
for kind in ("JSON_MIN", "CSV"):
    converter.convert("tasks.json", kind, kind, is_dir=False)
(minimal,) = json.load(open("JSON_MIN/result.json"))
(row,) = csv.DictReader(open("CSV/result.csv"))
print("JSON-MIN:", minimal)
print("CSV:     ", row)
assert minimal["label"] == "yes" and "no" not in minimal.values() and minimal["annotator"] is None
assert row["label"] == "yes" and row["_data_label"] == "no"
P
