#!/usr/bin/env bash
# Argilla 2.8.0: records.to_json() writes responses without their status. What was discarded, or is a draft, stands there as what
# was submitted does, and a record that is read back has no status at all. (import argilla also needs requests, which 2.8.0 does
# not ask for.)
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check argilla==2.8.0 requests
cd "$work"
"$work/venv/bin/python" - <<'P'
import json
from uuid import UUID

import argilla as rg
from argilla.records._io import GenericIO, JsonIO

status = ("submitted", "draft", "discarded")
responses = [rg.Response("q", "yes", user_id=UUID(int=n), status=s) for n, s in enumerate(status)]
record = rg.Record(id="r", fields={"text": "A"}, responses=responses)
JsonIO.to_json([record], "records.json")
(written,) = json.load(open("records.json"))
(read,) = JsonIO._records_from_json("records.json")
(flat,) = GenericIO.to_list([record], flatten=True)
print("to_json:", written["responses"])
print("to_list(flatten=True):", flat["q.responses.status"])
assert [set(response) for response in written["responses"]["q"]] == [{"value", "user_id"}] * 3
assert [response.status for response in read.responses] == [None] * 3
assert flat["q.responses.status"] == list(status)
P
