"""The ledger beside hledger and beancount, and a national month: `cargo xtask bench ledger [--vouchers N]`.

The same vouchers: ours posts them with the chain of hashes to a SQLite file, reads them back and adds up
every account; hledger reads them as a journal and adds up every account; beancount reads and checks them.
hledger and beancount start from text that is already written; ours starts from nothing.
"""

import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile

from bench import ROOT, TARGET, run


def middle(times, work):
    runs = [work(place) for place in range(times)]
    return [statistics.median(one[part] for one in runs) for part in range(3)] + [runs[-1][3]]


def beancount_python():
    for folder in (TARGET / "beancount", TARGET / "bench-python"):
        python = folder / "bin" / "python"
        if python.exists() and subprocess.run([python, "-c", "import beancount"], capture_output=True).returncode == 0:
            return str(python)
    folder = TARGET / "beancount"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "-q", "beancount>=3,<4"], check=True)
    return str(folder / "bin" / "python")


BEANCOUNT = """
import sys, collections
from beancount import loader
entries, errors, _ = loader.load_file(sys.argv[1])
assert not errors, errors[:3]
sums = collections.Counter()
for entry in entries:
    for posting in getattr(entry, "postings", ()):
        sums[posting.account] += posting.units.number
print(int(100 * sum(amount for amount in sums.values() if amount > 0)))
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--vouchers", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "ledger", "--example", "post"], cwd=ROOT, check=True)
    post = str(TARGET / "release" / "examples" / "post")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        journal, bean = folder / "all.journal", folder / "all.beancount"
        subprocess.run([post, str(options.vouchers), str(folder / "0.sqlite"), str(journal), str(bean)], check=True, stdout=subprocess.DEVNULL)
        ours = middle(options.times, lambda n: run([post, str(options.vouchers), str(folder / f"a{n}.sqlite")]))
        debit = int(ours[3].split("debit ")[1].split(",")[0])
        hledger = middle(options.times, lambda n: run(["hledger", "-f", str(journal), "balance", "--flat", "-N", "-O", "csv"]))
        amounts = [line.rsplit(",", 1)[1].strip('"').removesuffix(" NOK") for line in hledger[3].splitlines()[1:]]
        theirs = sum(round(float(amount) * 100) for amount in amounts if float(amount) > 0)
        python = beancount_python()
        beans = middle(1, lambda n: run([python, "-c", BEANCOUNT, str(bean)]))
        if not debit == theirs == int(beans[3]):
            sys.exit(f"the ledgers do not agree: {debit}, {theirs}, {beans[3]}")
        print(f"| {options.vouchers} vouchers: post or read, and balance | CPU s | wall s | peak MiB | ours / it, CPU |")
        print("|---|---:|---:|---:|---:|")
        for name, (cpu, wall, peak, _) in (("ours, SQLite, with the chain", ours), ("hledger", hledger), ("beancount", beans)):
            ratio = f"{ours[0] / cpu:.2f}" if name[0] != "o" else ""
            print(f"| {name} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | {ratio} |")
        tenfold = run([post, str(options.vouchers * 10), str(folder / "ten.sqlite")])
        print(f"\nTen times the vouchers: {tenfold[0] / ours[0]:.1f} times the CPU time. All agree to the oere: {debit}")
        national(folder)


def national(folder):
    """A national month: run, close, all statements. There is nothing to set it beside; the seconds tell."""
    data = TARGET / "bench-data-country"
    program = str(TARGET / "release" / "samspill")
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    if not (data / "contacts.parquet").exists():
        subprocess.run([program, "synth", "--year", "2012", "--out", str(data)], check=True)
    ledger = ["--ledger", str(folder / "n.sqlite")]
    contacts = ["--contacts", str(data / "contacts.parquet"), "--draft"]
    print("\n| national month | CPU s | wall s | peak MiB |\n|---|---:|---:|---:|")
    for name, command in (
        ("open", ["settlement", "open", "2012"]),
        ("run", ["settlement", "run", "2012-01", *contacts]),
        ("run again, nothing changes", ["settlement", "run", "2012-01", *contacts]),
        ("close", ["settlement", "close", "2012-01"]),
        ("statements, PDF", ["statement", "2012-01", "--as", "pdf", "--out", str(folder / "pdf")]),
        ("statements, PDF and workbook", ["statement", "2012-01", "--out", str(folder / "both")]),
        ("verify", ["ledger", "verify"]),
    ):
        cpu, wall, peak, _ = run([program, "--quiet", *command, *ledger])
        print(f"| {name} | {cpu:.2f} | {wall:.2f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
