#!/usr/bin/env bash
# safetensors 0.8.0, numpy: of an array that is not contiguous, save_file writes as many bytes as the array has from the
# start of the memory it looks into, without a word. A transposed matrix comes back with its numbers in other places, and
# every second column comes back with numbers of the columns that were left out. Shape and dtype are right both times.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 safetensors==0.8.0
cd "$work"
"$work/venv/bin/python" - <<'P'
import numpy as np
from safetensors.numpy import load_file, save_file

matrix = np.arange(6.0).reshape(2, 3)
views = {"as it is": matrix, "every second column": matrix[:, ::2], "transposed": matrix.T}
for name, array in views.items():
    save_file({"array": array}, "array.safetensors")
    back = load_file("array.safetensors")["array"]
    print(f"{name}: wrote {array.tolist()}, read {back.tolist()}")
    assert back.shape == array.shape and back.dtype == array.dtype
    assert np.array_equal(back, array) == (name == "as it is"), name
P
