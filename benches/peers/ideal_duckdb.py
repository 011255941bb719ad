"""The ideal curve of a fleet with DuckDB: ideal_duckdb.py FLEET.parquet TIMEOUT_MS,TIMEOUT_MS,..."""

import sys

import duckdb

path, timeouts = sys.argv[1], [int(ms) for ms in sys.argv[2].split(",")]

# A fleet is sorted by instance and time, and rows of the same time do not change a gap. Every instance is awake and idle from
# 0 on; its last silence ends with the last work of the fleet, and nothing wakes it.
duckdb.execute(
    """
    CREATE TEMP TABLE gaps AS
    WITH ends AS (
        SELECT instance, at_ms, file_row_number AS row,
               at_ms + CASE WHEN kind = 'probe' THEN 0 ELSE work_ms END AS end_ms
        FROM read_parquet(?, file_row_number = true) WHERE kind <> 'internal'
    ),
    known AS (
        SELECT at_ms - coalesce(max(end_ms) OVER (
            PARTITION BY instance ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) AS gap_ms FROM ends
    ),
    last AS (
        SELECT (SELECT max(end_ms) FROM ends) - max(end_ms) AS gap_ms FROM ends GROUP BY instance
    )
    SELECT gap_ms, true AS ended FROM known WHERE gap_ms > 0
    UNION ALL SELECT gap_ms, false FROM last WHERE gap_ms > 0
    """,
    [path],
)
(total,) = duckdb.execute("SELECT sum(gap_ms) FROM gaps").fetchone()
print("timeout_ms,idle_ms,asleep_ms,wakes")
for timeout in timeouts:
    asleep, wakes = duckdb.execute(
        "SELECT coalesce(sum(gap_ms - $t), 0), count(*) FILTER (ended) FROM gaps WHERE gap_ms > $t", {"t": timeout}
    ).fetchone()
    print(f"{timeout},{total - asleep},{asleep},{wakes}")
