"""The simulation: `cargo xtask bench simulation [--people N]`. Cells for a year from Parquet beside DuckDB doing the
same grouping; a thousand scenarios for every municipality; and the exact distribution of every municipality's cost
beside the Python package aggregate on the same rates and severity. Wall seconds, and ratios.
"""

import argparse
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

AGGREGATE = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
from aggregate import Aggregate
rates = [float(x) for x in open(sys.argv[1])]
pairs = [tuple(map(float, line.split(","))) for line in open(sys.argv[2])]
xs, ps = np.array([x for x, _ in pairs]), np.array([p for _, p in pairs])
first, second = (xs * ps).sum(), (xs * xs * ps).sum()
out, start = [], time.perf_counter()
for rate in rates:
    reach = rate * first + 14 * (rate * second) ** 0.5 + xs.max()
    one = Aggregate("m", exp_en=rate, sev_name="dhistogram", sev_xs=xs, sev_ps=ps, freq_name="poisson")
    # As fine as the mean needs: an eighth of what one person costs.
    bs = 2.0 ** np.floor(np.log2(first / 8))
    one.update(log2=int(np.ceil(np.log2(reach / bs))), bs=bs, padding=0)
    out.append([one.est_m, one.est_sd, float(one.q(0.99))])
print(json.dumps({"wall": time.perf_counter() - start, "risk": out}))
"""

DUCKDB = """
import json, sys, time
import duckdb
start = time.perf_counter()
rows = duckdb.sql(f'''
  select count(*), sum(n) from (select municipality_of_registration, sector, unit_kind, care_level, service, drg, drg_type,
    costly_medicine, resident, case when age is null then -1 when age < 80 then 0 when age < 81 then 80 else 81 end, points_milli, count(*) as n
  from read_parquet('{sys.argv[1]}') where discharged_on between date '2012-01-01' and date '2012-12-31' group by all)
''').fetchall()[0]
print(json.dumps({"wall": time.perf_counter() - start, "cells": rows[0], "contacts": int(rows[1])}))
"""


def environment():
    folder = TARGET / "bench-simulation"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "duckdb", "aggregate"], check=True)
        (folder / "ready").touch()
    return str(python)


def run(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "samspill", "-p", "jobs", "--bins", "--examples"], cwd=ROOT, check=True)
    program, bench = TARGET / "release" / "samspill", TARGET / "release" / "examples" / "simulation"
    data = TARGET / f"bench-data-{options.people or 'country'}"
    if not (data / "contacts.parquet").exists():
        people = ["--people", str(options.people)] if options.people else []
        subprocess.run([str(program), "synth", "--year", "2012", "--out", str(data), *people], check=True)
    # Rates of the country's municipalities, and a severity as the year's persons have it: many small, few large.
    dice = random.Random(1)
    rates = sorted(round(math.exp(dice.gauss(7.2, 1.2)), 3) for _ in range(429))
    costs = [round(20.0 * 1.012 ** step, 2) for step in range(800)]
    weights = [math.exp(-((math.log(cost) - 6.4) ** 2) / 2.4) for cost in costs]
    severity = [(cost, weight / sum(weights)) for cost, weight in zip(costs, weights)]
    out = TARGET / "bench-simulation"
    python = environment()
    (out / "rates.csv").write_text("".join(f"{rate}\n" for rate in rates))
    (out / "severity.csv").write_text("".join(f"{cost},{p!r}\n" for cost, p in severity))
    files = [str(out / "rates.csv"), str(out / "severity.csv")]
    ours, duck, other = [], [], []
    for _ in range(options.times):
        ours.append(run([str(bench), str(data / "contacts.parquet"), *files]))
        duck.append(run([python, "-c", DUCKDB, str(data / "contacts.parquet")]))
    # Many times longer than ours: once is enough.
    other.append(run([python, "-c", AGGREGATE, *files]))
    middle = lambda runs, key: sorted(one[key] for one in runs)[len(runs) // 2]
    worst = [0.0, 0.0, 0.0]
    for mine, theirs in zip(ours[0]["risk"], other[0]["risk"]):
        worst = [max(w, abs(m / t - 1)) for w, m, t in zip(worst, mine, theirs)]
    if worst[0] > 1e-3 or worst[1] > 1e-2 or worst[2] > 1e-2:
        sys.exit(f"the distributions differ: {worst}")
    if len({one["check"] for one in ours}) != 1:
        sys.exit("the thousand scenarios differ from run to run")
    rows = [
        (f"cells of a year ({ours[0]['cells']} and {ours[0]['stays']} whole stays)", middle(ours, "cells_wall"), "duckdb, group by", middle(duck, "wall")),
        ("1 000 scenarios x all municipalities x all instruments", middle(ours, "thousand_wall"), "", None),
        ("exact distribution of 429 municipalities", middle(ours, "risk_wall"), "aggregate", middle(other, "wall")),
    ]
    print("| work | ours, wall s | beside | wall s | ours / it |\n|---|---:|---|---:|---:|")
    for work, mine, name, theirs in rows:
        beside = f"{theirs:.2f} | {mine / theirs:.3f}" if theirs else " | "
        print(f"| {work} | {mine:.2f} | {name} | {beside} |")
    print(f"\nLargest relative difference from aggregate: mean {worst[0]:.1e}, spread {worst[1]:.1e}, 1-in-100 year {worst[2]:.1e}.")
    print(f"Reading 1 000 laws from their files, before the clock: {middle(ours, 'laws_read'):.2f} s.")


if __name__ == "__main__":
    main()
