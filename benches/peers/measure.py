"""Runs our commands and the peers' in turns and prints a table: see run.sh."""

import os
import statistics
import sys
import time

rounds, sims, python, peers, fleet = int(sys.argv[1]), *sys.argv[2:]
# 0.5 to 30 min in steps of half a minute.
timeouts = ",".join(str(30_000 * n) for n in range(1, 61))
commands = {
    "sims sweep --ideal": [sims, "sweep", fleet, "--ideal", "--timeouts", "0.5..30:0.5"],
    "polars": [python, f"{peers}/ideal_polars.py", fleet, timeouts],
    "DuckDB": [python, f"{peers}/ideal_duckdb.py", fleet, timeouts],
    "sims sweep": [sims, "sweep", fleet, "--timeouts", "0.5..30:0.5", "--format", "csv"],
}


def run(command):
    """Its output, processor time in s, wall time in s, and peak memory in MiB."""
    read, write = os.pipe()
    began = time.monotonic()
    child = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_CLOSE, read)]
    )
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        output = pipe.read()
    _, status, used = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)}: failed")
    return output, used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024


found = {name: [] for name in commands}
for turn in range(rounds):
    order = list(commands) if turn % 2 == 0 else list(reversed(commands))
    for name in order:
        found[name].append(run(commands[name]))

medians = {name: [statistics.median(one[n] for one in runs) for n in (1, 2, 3)] for name, runs in found.items()}
print(f"\n| medians of {rounds} rounds | processor s | wall s | peak MiB | processor, times polars | wall | peak |")
print("|---|---|---|---|---|---|---|")
for name, (processor, wall, peak) in medians.items():
    ratios = [mine / theirs for mine, theirs in zip(medians[name], medians["polars"])]
    shares = " | ".join(f"{ratio:.2f}" for ratio in ratios)
    print(f"| {name} | {processor:.2f} | {wall:.2f} | {peak:.0f} | {shares} |")

curves = {name: {one[0] for one in found[name]} for name in ("sims sweep --ideal", "polars", "DuckDB")}
agree = len(set.union(*curves.values())) == 1
print(f"\nThe three curves {'agree to the last digit' if agree else 'DIFFER'}.")


def column(text, name):
    lines = [line.split(",") for line in text.decode().splitlines() if not line.startswith("#")]
    return [int(line[lines[0].index(name)]) for line in lines[1:]]


# The difference is what the ideal curve leaves out: ticks, latencies and the watcher's refusals.
ideal = column(found["sims sweep --ideal"][0][0], "wakes")
swept = column(found["sims sweep"][0][0], "wakes")
off = [mine / max(real, 1) - 1 for mine, real in zip(ideal, swept)]
print(f"Wakes of the ideal curve against those of the sweep: {min(off):+.1%} to {max(off):+.1%}.")
sys.exit(0 if agree else 1)
