#!/usr/bin/env bash
# skops 0.16.0: two dumps of one estimator, one right after the other, are not the same bytes, and neither are the members
# inside: schema.json holds the addresses that the parts of the object had in memory. A digest of the file does not tell
# whether a model has changed; a dump of what was loaded from it is another file again.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  skops==0.16.0 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$work"
"$work/venv/bin/python" - <<'P'
import io
import json
import zipfile

import numpy as np
import skops.io
from sklearn.linear_model import LogisticRegression


def schema(data):
    return zipfile.ZipFile(io.BytesIO(data)).read("schema.json").decode()


model = LogisticRegression().fit(np.arange(8.0)[:, None], [0, 0, 0, 1, 0, 1, 1, 1])
first, second = skops.io.dumps(model), skops.io.dumps(skops.io.loads(skops.io.dumps(model)))
ids = [json.loads(schema(data))["__id__"] for data in (first, second)]
print("the same bytes:", first == second, "| the same schema.json:", schema(first) == schema(second))
print("__id__ of the estimator:", *ids, "| its id():", id(model))
assert first != second and schema(first) != schema(second)
assert ids[0] == id(model) != ids[1]
P
