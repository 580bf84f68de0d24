#!/bin/sh
# Build the wheel, install it with the core's dependencies alone, and use it from an empty folder.
# usage: try_wheel.sh PYTHON BUILD_PYTHON
set -eu
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "==> building the wheel"
"$2" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work" "$root"
ls -l "$work"/*.whl
echo "==> installing it into an empty environment"
"$1" -m venv "$work/venv"
install="$work/venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint $root/constraints.txt"
$install torch==2.13.0
$install "$work"/*.whl
cd "$work"
echo "==> bundled data with the core alone"
"$work/venv/bin/python" -c "from cede.datasets import load_support2, load_llm_routing; print(load_support2()); print(load_llm_routing())"
echo "==> what only experiments use stayed out"
if "$work/venv/bin/python" -c "import cede_papers" 2>/dev/null; then exit 1; fi
echo "==> the command line says what it lacks"
"$work/venv/bin/cede" --help || true
$install "$(echo "$work"/*.whl)[cli]"
echo "==> and works once it is there"
"$work/venv/bin/cede" --help
