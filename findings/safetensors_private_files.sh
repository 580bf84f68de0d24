#!/usr/bin/env bash
# safetensors 0.8.0: save_file makes a file that its owner alone can read (0600), whatever the umask says, and takes the
# group's and others' permission away from a file that it replaces. A model that one user trains and a service of another
# user reads works until it is saved again.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 safetensors==0.8.0
cd "$work"
"$work/venv/bin/python" - <<'P'
import os
import stat

import numpy as np
from safetensors.numpy import save_file

os.umask(0o022)
open("plain.bin", "wb").close()
open("arrays.safetensors", "wb").close()
os.chmod("arrays.safetensors", 0o644)
save_file({"array": np.zeros(3)}, "arrays.safetensors")
modes = {name: oct(stat.S_IMODE(os.stat(name).st_mode)) for name in ("plain.bin", "arrays.safetensors")}
print(modes)
assert modes == {"plain.bin": "0o644", "arrays.safetensors": "0o600"}
P
