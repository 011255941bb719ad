"""The ideal curve of a fleet with polars: ideal_polars.py FLEET.parquet TIMEOUT_MS,TIMEOUT_MS,..."""

import sys

import polars as pl

path, timeouts = sys.argv[1], [int(ms) for ms in sys.argv[2].split(",")]

rows = pl.scan_parquet(path).filter(pl.col("kind") != "internal")
occupies = pl.col("kind") != "probe"
ends = rows.select(
    "instance",
    "at_ms",
    end_ms=pl.col("at_ms") + pl.when(occupies).then("work_ms").otherwise(0),
)
# A fleet is sorted by instance and time, so the work known before an arrival is the running maximum of the rows before it.
# Every instance is awake and idle from 0 on.
known = ends.with_columns(
    busy_ms=pl.col("end_ms").cum_max().shift(1).over("instance").fill_null(0),
)
# The last silence of an instance ends with the last work of the fleet, and nothing wakes it.
horizon = ends.select(pl.col("end_ms").max())
gaps = known.select(gap_ms=pl.col("at_ms") - pl.col("busy_ms"), ended=True).filter(pl.col("gap_ms") > 0)
last = (
    ends.group_by("instance")
    .agg(pl.col("end_ms").max())
    .join(horizon.rename({"end_ms": "horizon_ms"}), how="cross")
    .select(gap_ms=pl.col("horizon_ms") - pl.col("end_ms"), ended=False)
    .filter(pl.col("gap_ms") > 0)
)
gaps = pl.concat([gaps, last]).collect(engine="streaming")

lengths, ended = gaps["gap_ms"], gaps["ended"]
total = lengths.sum()
print("timeout_ms,idle_ms,asleep_ms,wakes")
for timeout in timeouts:
    longer = lengths > timeout
    asleep = (lengths.filter(longer) - timeout).sum()
    print(f"{timeout},{total - asleep},{asleep},{(longer & ended).sum()}")
