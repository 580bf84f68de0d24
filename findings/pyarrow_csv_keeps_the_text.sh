#!/usr/bin/env bash
# pyarrow 26.0.1: csv.read_csv of numbers whose types it guesses holds the parsed text of the whole file until the end, on
# top of the table; reading the same file with csv.open_csv(...).read_all() gives the same table at about its own size.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check pyarrow==26.0.1 numpy==2.4.6
cd "$work"
cat > peak.py <<'P'
import sys

import pyarrow as pa
from pyarrow import csv

pool = pa.default_memory_pool()
if sys.argv[1] == "read_csv":
    table = csv.read_csv("numbers.csv", read_options=csv.ReadOptions(use_threads=False))
else:
    with csv.open_csv("numbers.csv", read_options=csv.ReadOptions(use_threads=False)) as reader:
        table = reader.read_all()
print(round(pool.max_memory() / table.nbytes, 2))
P
"$work/venv/bin/python" - <<'P'
import numpy as np
import pyarrow as pa
from pyarrow import csv

draw = np.random.default_rng(0)
csv.write_csv(pa.table({f"x{i}": draw.normal(size=2_000_000) for i in range(5)}), "numbers.csv")
P
whole=$("$work/venv/bin/python" peak.py read_csv)
streamed=$("$work/venv/bin/python" peak.py open_csv)
echo "peak of the memory pool, in sizes of the table: read_csv $whole, open_csv $streamed"
"$work/venv/bin/python" -c "assert $whole > 2.5 and $streamed < 1.8, 'changed'"
