#!/usr/bin/env bash
# Compares the ideal curve of a fleet with polars and DuckDB: processor time, wall time, peak memory, and whether the curves
# agree. Needs cargo, python3 with venv, and PyPI. INSTANCES (default 2000) and ROUNDS (default 5) change its size.
set -euo pipefail
cd "$(dirname "$0")"
instances=${INSTANCES:-2000}
rounds=${ROUNDS:-5}
peers=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "== build"
cargo build --release --quiet -p sims
target=$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
sims=$target/release/sims
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt

echo "== fleet"
"$sims" trace generate --preset personal --set "instances=$instances" --out "$folder/fleet.parquet"

python3 "$peers/measure.py" "$rounds" "$sims" "$folder/venv/bin/python" "$peers" "$folder/fleet.parquet"
