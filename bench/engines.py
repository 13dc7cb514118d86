"""DuckDB or Polars on the work of bench.py. Prints JSON: cpu, wall and sums (lines, contacts, oere)."""

import json
import pathlib
import sys
import time

PRICE = 3_820_900
HERE = pathlib.Path(__file__).resolve().parent.parent / "data" / "municipalities.csv"


def duckdb_run(data, detail):
    import duckdb

    start = (time.process_time(), time.perf_counter())
    db = duckdb.connect()
    db.execute(f"""
        create table drgs as
          select drg, try_cast(regexp_extract(drg, '^[0-9]+') as int) as number,
                 coalesce(number between 385 and 391, false) or drg = '915O' or coalesce(number between 370 and 375, false) as left_out
          from read_csv('{data}/drg-list.csv', delim=';', all_varchar=true);
        create table homes as
          select code, region from read_csv('{HERE}', delim=';', all_varchar=true)
          where ("from" is null or "from" <= '2012-01-01') and ("to" is null or "to" >= '2012-01-01');
    """)
    contacts = f"""
        select c.*, h.region,
          c.resident and c.unit_kind in ('public-hospital', 'private-hospital-with-agreement') and c.sector = 'somatic'
            and c.service = 'ordinary' and c.care_level in ('overnight', 'day', 'outpatient')
            and not c.costly_medicine and c.drg_type <> 'surgical' and not coalesce(d.left_out, false)
            and c.discharged_on between date '2012-01-01' and date '2014-12-31' as kmf_in,
          c.resident and c.unit_kind in ('public-hospital', 'private-hospital-with-agreement') and c.sector = 'somatic'
            and c.service = 'ordinary' as isf_in
        from read_parquet('{data}/contacts.parquet') c
          left join drgs d on d.drg = c.drg left join homes h on h.code = c.municipality_of_registration
    """
    columns = """contact_id, stay_id, admitted_minute, unit, trust, region, municipality_of_registration as home,
        month(discharged_on) as month, year(discharged_on) as year, points_milli, kmf_in, isf_in"""
    charged = f"""
        with c as ({contacts}),
        one as (select {columns}, case when kmf_in then least(points_milli, 4000) else 0 end as kmf_points from c where stay_rows = 1),
        several as (
          select {columns}, case when kmf_in then least(points_milli, greatest(0, 4000 - coalesce(sum(case when kmf_in then points_milli else 0 end)
            over (partition by stay_id order by admitted_minute, contact_id rows between unbounded preceding and 1 preceding), 0))) else 0 end as kmf_points
          from c where stay_rows > 1),
        both_kinds as (select * from one union all select * from several)
        select *, (kmf_points * {PRICE}::bigint * 2000 + 5000000) // 10000000 as kmf,
          (points_milli * {PRICE}::bigint * 4000 - kmf_points * {PRICE}::bigint * 2000 + 5000000) // 10000000 as isf
        from both_kinds where year = 2012
    """
    days = f"""
        with e as (
          select contact_id, any_value(c.municipality_of_registration) as home, any_value(c.trust) as trust, any_value(c.unit) as unit,
            any_value(c.discharged_on) as departed, any_value(c.unit_kind) as unit_kind,
            max(u.ev.minute) filter (u.ev.event = 2) as ready, max(u.ev.minute) filter (u.ev.event = 3) as notified,
            max(u.ev.minute) filter (u.ev.event = 7) as place, count(*) filter (u.ev.event = 1) as notices
          from (select contact_id, municipality_of_registration, trust, unit, discharged_on, unit_kind, events
                from read_parquet('{data}/contacts.parquet') where reported_ready and care_level = 'overnight' and sector = 'somatic') c,
            unnest(c.events) as u(ev) group by contact_id),
        span as (
          select *, date '1970-01-01' + (greatest(ready, notified) // 1440)::int as first,
            least(departed, coalesce(date '1970-01-01' + (place // 1440)::int, departed)) as stop
          from e where notices > 0 and ready is not null and notified is not null)
        select contact_id, home, trust, unit, d.day::date as day
        from span, lateral (select unnest(generate_series(first, stop - interval 1 day, interval 1 day)) as day) d
        where d.day between date '2012-01-01' and date '2012-12-31'
    """
    if detail:
        db.execute(f"create temp table kmf_isf as {charged}")
        db.execute(f"""copy (
            select contact_id, home as debtor, region as creditor, home as municipality, unit, month, 'KMF' as instrument, kmf_points as points, 0 as days, 2000 as share, kmf as amount,
              'co-financing@2012-01-01' as rule_version, 'in' as reason from kmf_isf where kmf_in
            union all select contact_id, 'state', region, '', unit, month, 'ISF', points_milli, 0, 4000, isf, 'activity-based-funding@2012-01-01', 'in' from kmf_isf where isf_in
            union all select contact_id, home, trust, home, unit, month(day), 'USK', 0, count(*), 0, count(*) * 400000, 'discharge-ready-day-rate@2012-01-01', 'in'
              from ({days}) group by all
            ) to '{data}/duckdb-charges.parquet' (format parquet, compression zstd, compression_level 1)""")
        charged = "select * from kmf_isf"
    # One pass and one grouping serve both instruments.
    db.execute(f"""create temp table groups as
        select home, region, unit, month, count(*) filter (kmf_in) as kmf_contacts, sum(kmf) filter (kmf_in) as kmf,
          count(*) filter (isf_in) as isf_contacts, sum(isf) filter (isf_in) as isf
        from ({charged}) group by all""")
    rows = db.execute(f"""
        select 'KMF', home, region, unit, month, kmf_contacts, kmf from groups where kmf_contacts > 0
        union all select 'ISF', '', region, unit, month, sum(isf_contacts), sum(isf) from groups where isf_contacts > 0 group by all
        union all select 'USK', home, trust, unit, month(day), count(distinct contact_id), count(*) * 400000 from ({days}) group by home, trust, unit, month(day)
    """).fetchall()
    sums = {}
    for row in rows:
        entry = sums.setdefault(row[0], [0, 0, 0])
        entry[0] += 1
        entry[1] += int(row[5])
        entry[2] += int(row[6])
    return start, sums


def polars_run(data, detail):
    import polars as pl

    start = (time.process_time(), time.perf_counter())
    number = pl.col("drg").str.extract(r"^(\d+)").cast(pl.Int32, strict=False)
    drgs = pl.scan_csv(f"{data}/drg-list.csv", separator=";", schema_overrides={"drg": pl.String}).select(
        "drg", (number.is_between(385, 391) | (pl.col("drg") == "915O") | number.is_between(370, 375)).fill_null(False).alias("left_out"))
    homes = pl.scan_csv(HERE, separator=";", infer_schema=False).filter(
        (pl.col("from").is_null() | (pl.col("from") <= "2012-01-01")) & (pl.col("to").is_null() | (pl.col("to") >= "2012-01-01"))
    ).select(pl.col("code").alias("municipality_of_registration"), "region")
    scan = pl.scan_parquet(f"{data}/contacts.parquet").with_columns(pl.col(
        "drg", "unit", "trust", "unit_kind", "sector", "service", "care_level", "drg_type", "municipality_of_registration").cast(pl.String))
    somatic = (pl.col("resident") & pl.col("unit_kind").is_in(["public-hospital", "private-hospital-with-agreement"])
               & (pl.col("sector") == "somatic") & (pl.col("service") == "ordinary"))
    kmf_in = (somatic & pl.col("care_level").is_in(["overnight", "day", "outpatient"]) & ~pl.col("costly_medicine")
              & (pl.col("drg_type") != "surgical") & ~pl.col("left_out").fill_null(False)
              & pl.col("discharged_on").is_between(pl.date(2012, 1, 1), pl.date(2014, 12, 31)))
    base = scan.join(drgs, on="drg", how="left").join(homes, on="municipality_of_registration", how="left").with_columns(
        kmf_in=kmf_in, isf_in=somatic).select(
        "contact_id", "stay_id", "stay_rows", "admitted_minute", "unit", "region", "discharged_on", "kmf_in", "isf_in",
        pl.col("municipality_of_registration").alias("home"), pl.col("points_milli").cast(pl.Int64))
    one = base.filter(pl.col("stay_rows") == 1).with_columns(
        kmf_points=pl.when("kmf_in").then(pl.min_horizontal("points_milli", pl.lit(4000, pl.Int64))).otherwise(0))
    counted = pl.when("kmf_in").then("points_milli").otherwise(0)
    several = base.filter(pl.col("stay_rows") > 1).sort("stay_id", "admitted_minute", "contact_id").with_columns(
        before=counted.cum_sum().over("stay_id") - counted).with_columns(
        kmf_points=pl.when("kmf_in").then(pl.min_horizontal(
            "points_milli", pl.max_horizontal(pl.lit(0, pl.Int64), 4000 - pl.col("before")))).otherwise(0)).drop("before")
    charged = pl.concat([one, several]).filter(pl.col("discharged_on").dt.year() == 2012).with_columns(
        month=pl.col("discharged_on").dt.month(),
        kmf=(pl.col("kmf_points") * PRICE * 2000 + 5_000_000) // 10_000_000,
        isf=(pl.col("points_milli") * PRICE * 4000 - pl.col("kmf_points") * PRICE * 2000 + 5_000_000) // 10_000_000)
    event = pl.col("events").struct.field("event")
    minute = pl.col("events").struct.field("minute")
    cases = scan.filter(pl.col("reported_ready") & (pl.col("care_level") == "overnight") & (pl.col("sector") == "somatic")).select(
        "contact_id", pl.col("municipality_of_registration").alias("home"), "trust", "unit", "discharged_on", "events").explode("events").group_by(
        "contact_id", "home", "trust", "unit", "discharged_on").agg(
        ready=minute.filter(event == 2).max(), notified=minute.filter(event == 3).max(),
        place=minute.filter(event == 7).max(), notices=(event == 1).sum())
    day = lambda column: (pl.col(column) // 1440).cast(pl.Int32).cast(pl.Date)
    days = cases.filter((pl.col("notices") > 0) & pl.col("ready").is_not_null() & pl.col("notified").is_not_null()).with_columns(
        first=pl.max_horizontal(day("ready"), day("notified")),
        stop=pl.min_horizontal("discharged_on", day("place").fill_null(pl.col("discharged_on"))) - pl.duration(days=1)).filter(
        pl.col("first") <= pl.col("stop")).with_columns(day=pl.date_ranges("first", "stop")).explode("day").filter(
        pl.col("day").dt.year() == 2012).with_columns(month=pl.col("day").dt.month())
    usk = days.group_by("home", "trust", "unit", "month").agg(contacts=pl.col("contact_id").n_unique(), amount=pl.len().cast(pl.Int64) * 400_000)
    if detail:
        whole = charged.collect()
        charged = whole.lazy()
        form = lambda frame, debtor, municipality, instrument, points, share, amount, version: frame.select(
            "contact_id", debtor=debtor, creditor="region", municipality=municipality, unit="unit", month="month", instrument=pl.lit(instrument),
            points=points, days=pl.lit(0), share=pl.lit(share), amount=amount, rule_version=pl.lit(version), reason=pl.lit("in"))
        pl.concat([
            form(charged.filter("kmf_in"), pl.col("home"), pl.col("home"), "KMF", pl.col("kmf_points"), 2000, pl.col("kmf"), "co-financing@2012-01-01"),
            form(charged.filter("isf_in"), pl.lit("state"), pl.lit(""), "ISF", pl.col("points_milli"), 4000, pl.col("isf"), "activity-based-funding@2012-01-01"),
        ]).collect().write_parquet(f"{data}/polars-charges.parquet", compression="zstd", compression_level=1)
    # One pass and one grouping serve both instruments.
    groups = charged.group_by("home", "region", "unit", "month").agg(
        kmf_contacts=pl.col("kmf_in").sum(), kmf=pl.col("kmf").filter("kmf_in").sum(),
        isf_contacts=pl.col("isf_in").sum(), isf=pl.col("isf").filter("isf_in").sum())
    kmf = groups.filter(pl.col("kmf_contacts") > 0).select(contacts="kmf_contacts", amount="kmf")
    isf = groups.filter(pl.col("isf_contacts") > 0).group_by("region", "unit", "month").agg(
        contacts=pl.col("isf_contacts").sum(), amount=pl.col("isf").sum())
    results = pl.collect_all([kmf, isf, usk])
    sums = {name: [frame.height, int(frame["contacts"].sum()), int(frame["amount"].sum())]
            for name, frame in zip(("KMF", "ISF", "USK"), results)}
    return start, sums


def duckdb_csv(data):
    """Writes the register as CSV if it is not there, then reads it, which is what is timed."""
    import duckdb

    path = pathlib.Path(data) / "contacts.csv"
    db = duckdb.connect()
    time_of = "strftime(timestamp '1970-01-01' + to_minutes({0}), '%Y-%m-%dT%H:%M')"
    if not path.exists():
        db.execute(f"""copy (
            select contact_id, stay_id, person_id, unit, unit_kind, trust, sector, care_level, service, urgency,
              {time_of.format('admitted_minute')} as admitted, {time_of.format('discharged_minute')} as discharged,
              municipality_of_registration, municipality_of_stay, age, sex, drg, drg_type, mdc, weight_milli / 1000 as weight,
              points_milli / 1000 as points, bed_days, costly_medicine, fee_ore / 100 as fee,
              list_aggregate(list_transform(events, lambda e: e.event || '@' || {time_of.format('e.minute')}), 'string_agg', ' ') as events,
              department, referral_reason, referred_on, deadline_on, right_to_care, referred_from, referred_to, formality,
              diagnoses, procedures, tariff_codes, medicine, functional_ability, nationality
            from read_parquet('{data}/contacts.parquet')) to '{path}' (header, delimiter ',')""")
    start = (time.process_time(), time.perf_counter())
    db.execute(f"create temp table t as select * from read_csv('{path}', header=true)")
    rows = db.execute("select count(*) from t").fetchone()[0]
    return start, {"rows": rows}


def main():
    name, data, work = sys.argv[1:4]
    if work == "csv":
        start, sums = duckdb_csv(data)
        print(json.dumps({"cpu": time.process_time() - start[0], "wall": time.perf_counter() - start[1], "sums": sums}))
        return
    start, sums = {"duckdb": duckdb_run, "polars": polars_run}[name](data, work == "detail")
    print(json.dumps({"cpu": time.process_time() - start[0], "wall": time.perf_counter() - start[1], "sums": sums}))


main()
