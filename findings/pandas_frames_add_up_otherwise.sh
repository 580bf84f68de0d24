#!/usr/bin/env bash
# pandas 3.1.1: a frame made of a C-ordered matrix gives a Fortran-ordered one back, as its columns are blocks. The values are
# the same to the bit, their sums, means and products are not: numpy adds in another order. Whoever promises the same
# result from an array and from a frame has to put the matrix into one order first.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'P'
import numpy as np
import pandas as pd

X = np.random.default_rng(0).normal(size=(10_000, 7))
back = pd.DataFrame(X).to_numpy()
print("the same values:", np.array_equal(X, back), "| C-ordered:", X.flags.c_contiguous, back.flags.c_contiguous)
print("the first column's sum:", X.sum(axis=0)[0].hex(), back.sum(axis=0)[0].hex())
assert np.array_equal(X, back) and not back.flags.c_contiguous
assert not np.array_equal(X.sum(axis=0), back.sum(axis=0))
assert np.array_equal(X.sum(axis=0), np.ascontiguousarray(back).sum(axis=0))
P
