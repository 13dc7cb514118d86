"""The settlement beside DuckDB and Polars on the same checked file: `cargo xtask bench [--people N]`.

Every engine does the same work: co-financing with its ceiling per stay, ISF lowered by it, day rates, to
sums by debtor, creditor, unit, month and instrument. All must agree to the oere, or the run fails.
DuckDB and Polars come from PyPI into an environment that is thrown away with the target folder. Their
time is counted from after their import; ours is the whole process, with hashing and manifest.

The queries state the law as the synthetic register needs it (a withdrawn notice there never leaves a
payable day behind), which is less than the rulebook does: the comparison leans to their side.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def run(command, **options):
    """Runs a command; gives CPU seconds, wall seconds, peak MiB and stdout."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{command[0]} failed: {status}")
    del before
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, out


def environment():
    folder = TARGET / "bench-python"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "duckdb", "polars"], check=True)
        (folder / "ready").touch()
    return str(python)


def engine(python, name, data, detail, csv=False):
    arguments = [python, str(ROOT / "bench" / "engines.py"), name, str(data), "detail" if detail else "sums"]
    if csv:
        arguments[-1] = "csv"
    _, _, peak, out = run(arguments)
    told = json.loads(out)
    return told["cpu"], told["wall"], peak, told["sums"]


def ours(program, data, out, detail):
    command = [program, "--quiet", "settle", "2012", "--contacts", str(data / "contacts.parquet"), "--draft"]
    command += ["--out", str(out)] + ([] if detail else ["--totals-only"])
    cpu, wall, peak, _ = run(command)
    sums = {}
    for line in (out / "totals.csv").read_text().splitlines()[1:]:
        *_, instrument, contacts, _, amount = line.split(",")
        entry = sums.setdefault(instrument, [0, 0, 0])
        entry[0] += 1
        entry[1] += int(contacts)
        entry[2] += int(amount)
    return cpu, wall, peak, sums


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    program = str(TARGET / "release" / "samspill")
    python = environment()
    data = TARGET / f"bench-data-{options.people or 'country'}"
    if not (data / "contacts.parquet").exists():
        people = ["--people", str(options.people)] if options.people else []
        subprocess.run([program, "synth", "--year", "2012", "--out", str(data), *people], check=True)
    out = TARGET / "bench-result"
    print("| work | engine | CPU s | wall s | peak MiB | ours / it, CPU | ours / it, wall |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for work, detail in (("sums", False), ("with every charge", True)):
        runs = {"ours": [], "duckdb": [], "polars": []}
        for _ in range(options.times):
            runs["ours"].append(ours(program, data, out, detail))
            for name in ("duckdb", "polars"):
                runs[name].append(engine(python, name, data, detail))
        answers = {json.dumps(run[3], sort_keys=True) for all_runs in runs.values() for run in all_runs}
        if len(answers) != 1:
            sys.exit("the engines do not agree:\n" + "\n".join(sorted(answers)))
        middle = {name: [statistics.median(run[part] for run in all_runs) for part in range(3)] for name, all_runs in runs.items()}
        for name, (cpu, wall, peak) in middle.items():
            ratios = f"{middle['ours'][0] / cpu:.2f} | {middle['ours'][1] / wall:.2f}" if name != "ours" else " | "
            print(f"| {work} | {name} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | {ratios} |")
    print("\nAll agree to the oere:", answers.pop())
    reading(program, python, data, out)


def reading(program, python, data, out):
    """Import and check of a CSV beside DuckDB reading the same CSV into a table."""
    cpu, wall, peak, told = engine(python, "duckdb", data, False, csv=True)
    command = [program, "--quiet", "check", str(data / "contacts.csv"), "--out", str(out / "checked.parquet"), "--as", "csv"]
    mine = run(command)
    print(f"\n| work | engine | CPU s | wall s | peak MiB | ours / it, CPU | ours / it, wall |\n|---|---|---:|---:|---:|---:|---:|")
    print(f"| read, check and write a CSV of {told['rows']} contacts | ours | {mine[0]:.2f} | {mine[1]:.2f} | {mine[2]:.0f} | | |")
    print(f"| read the same CSV | duckdb | {cpu:.2f} | {wall:.2f} | {peak:.0f} | {mine[0] / cpu:.2f} | {mine[1] / wall:.2f} |")


if __name__ == "__main__":
    main()
