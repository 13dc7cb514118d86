"""Indicators of a national month: `cargo xtask bench indicators`. Ours as a whole process (reading, intervals, withholding and
all files written), beside DuckDB doing the same counts by municipality, age band and sex from the same file,
from after its import. The counts of the country must be the same.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

DUCKDB = """
import json, sys, time
import duckdb
start = time.perf_counter()
file, homes, first, last = sys.argv[1:5]
duckdb.sql("set threads = 2")
duckdb.sql(f"create view f as select * from read_parquet('{file}')")
duckdb.sql(f"create table homes as select * from read_csv('{homes}', header = false, names = ['code'], all_varchar = true)")
band = "coalesce(least(age, 90) // 5, 19)"
duckdb.sql(f'''
create table rows as select person_id, stay_id, contact_id, admitted_minute, discharged_minute, urgency, sector, drg_type, bed_days,
  referred_from, reported_ready, municipality_of_registration as home, {band} as band, sex, age,
  coalesce(greatest(0, discharged_minute // 1440 - list_min([e.minute for e in events if e.event in (2, 3)
    and e.minute > coalesce(list_max([w.minute for w in events if w.event = 4]), -1)]) // 1440), 0) as ready_days
from f where care_level = 'overnight'
''')
duckdb.sql('''
create table stays as select person_id, stay_id, min(admitted_minute) as admitted, max(discharged_minute) as discharged, sum(bed_days) as bed_days,
  sum(ready_days) as ready_days,
  arg_min(struct_pack(urgency, sector, drg_type, referred_from, reported_ready, home, band, sex, age), (admitted_minute, contact_id)) as first
from rows group by all
''')
duckdb.sql('''
create table followed as select one.*, one.discharged // 1440 as day, exists (select 1 from stays as next where next.person_id = one.person_id
  and next.stay_id <> one.stay_id and next.first.urgency = 'acute' and next.admitted >= one.discharged
  and next.admitted // 1440 - one.discharged // 1440 <= 30) as again
from stays as one
''')
end = duckdb.sql("select max(discharged_on - date '1970-01-01') from f").fetchall()[0][0]
stays = duckdb.sql(f'''
select first.home as home, first.band as band, first.sex as sex,
  count(*) filter (first.sector = 'somatic') as admissions,
  count(*) filter (first.sector = 'somatic' and first.drg_type = 'medical') as admissions_medical,
  count(*) filter (first.sector = 'somatic' and first.urgency = 'acute') as admissions_acute,
  count(*) filter (first.sector = 'somatic' and first.age >= 80) as admissions_80_plus,
  count(*) filter (first.sector = 'somatic' and first.urgency = 'acute' and first.referred_from = 'legevakt') as admitted_by_emergency_clinic,
  sum(bed_days) filter (first.sector = 'somatic') as bed_days,
  count(*) filter (first.sector = 'somatic' and first.reported_ready) as discharge_ready,
  sum(ready_days) filter (first.sector = 'somatic' and first.reported_ready) as discharge_ready_days,
  count(*) filter (first.sector = 'somatic' and first.drg_type = 'medical' and first.age >= 18 and again and day + 30 <= {end}) as readmissions_medical,
  count(*) filter (first.sector = 'somatic' and first.age >= 67 and again and day + 30 <= {end}) as readmissions_67_plus
from followed join homes on homes.code = first.home
where day between date '{first}' - date '1970-01-01' and date '{last}' - date '1970-01-01' group by all
''').fetchdf()
contacts = duckdb.sql(f'''
select municipality_of_registration as home, {band} as band, sex,
  count(*) filter (sector = 'somatic' and care_level = 'day') as day_contacts,
  count(*) filter (sector = 'somatic' and care_level = 'outpatient' and service = 'ordinary') as outpatient_contacts,
  count(*) filter (sector = 'somatic' and care_level = 'outpatient' and referral_reason = 'kontroll') as controls,
  count(*) filter (admitted_on > deadline_on) as deadline_breaches
from f join homes on homes.code = municipality_of_registration where discharged_on between date '{first}' and date '{last}' group by all
''').fetchdf()
referrals = duckdb.sql(f'''
select first.home as home, first.band as band, first.sex as sex, count(*) as new_referrals, sum(first.waited) as waiting_days,
  count(*) filter (first.referred_from = 'fastlege') as referrals_by_referrer_fastlege
from (select arg_min(struct_pack(home := municipality_of_registration, band := {band}, sex, referred_from, discharged_on,
    waited := admitted_on - referred_on), (admitted_minute, contact_id)) as first
  from f where sector = 'somatic' and care_level = 'outpatient' and referred_on is not null and discharged_on <= date '{last}' group by person_id, referred_on)
join homes on homes.code = first.home where first.discharged_on between date '{first}' and date '{last}' group by all
''').fetchdf()
wall = time.perf_counter() - start
sums = {key.replace("_", "-"): int(frame[key].sum()) for frame in (stays, contacts, referrals) for key in frame if key not in ("home", "band", "sex")}
print(json.dumps({"wall": wall, "sums": sums}))
"""


def environment():
    folder = TARGET / "bench-indicators"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "duckdb", "pandas"], check=True)
        (folder / "ready").touch()
    return str(python)


def rows(path):
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    heads = lines[0].split(";")
    return [dict(zip(heads, line.split(";"))) for line in lines[1:]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "samspill", "--bins"], cwd=ROOT, check=True)
    program = TARGET / "release" / "samspill"
    data = TARGET / f"bench-data-{options.people or 'country'}"
    if not (data / "contacts.parquet").exists():
        people = ["--people", str(options.people)] if options.people else []
        subprocess.run([str(program), "synth", "--year", "2012", "--out", str(data), *people], check=True)
    python, file = environment(), str(data / "contacts.parquet")
    print("| work | ours, wall s | DuckDB, the same counts, wall s | ours / it |\n|---|---:|---:|---:|")
    for name, period, first, last in [("a national month", "2012-03", "2012-03-01", "2012-03-31"), ("a national year", "2012", "2012-01-01", "2012-12-31")]:
        out, homes = TARGET / "bench-indicators" / "out", TARGET / "bench-indicators" / "homes.csv"
        ours, with_kroner, other = [], [], []
        for _ in range(options.times):
            shutil.rmtree(out, ignore_errors=True)
            command = [str(program), "indicators", "run", "--all", "--quiet", "--threads", "2", "--period", period, "--contacts", file, "--out", str(out)]
            for walls, more in [(with_kroner, []), (ours, ["--without-kroner"])]:
                start = time.perf_counter()
                subprocess.run(command + more, check=True, stdout=subprocess.DEVNULL)
                walls.append(time.perf_counter() - start)
            homes.write_text("".join(f"{code}\n" for code in sorted({row["kommune"] for row in rows(out / "kommuner.csv")})))
            answer = subprocess.run([python, "-c", DUCKDB, file, str(homes), first, last], check=True, stdout=subprocess.PIPE, text=True)
            other.append(json.loads(answer.stdout.splitlines()[-1]))
        found = {row["indikator"]: row["teller"] for row in rows(out / "landet.csv")}
        wrong = {key: (found.get(key), value) for key, value in other[0]["sums"].items() if found.get(key) != str(value)}
        if wrong:
            sys.exit(f"the counts of {period} differ: {wrong}")
        middle = lambda walls: sorted(walls)[len(walls) // 2]
        mine, theirs = middle(ours), middle([one["wall"] for one in other])
        print(f"| {name}, {len(found)} indicators | {mine:.2f} | {theirs:.2f} | {mine / theirs:.2f} |")
        print(f"| {name} with kroner | {middle(with_kroner):.2f} | | |")
    print(f"\n{len(other[0]['sums'])} of the counts are compared; the others have no counterpart in the query.")


if __name__ == "__main__":
    main()
