"""Test vectors from independent implementations: `cargo xtask vectors`. Python packages in an environment of their
own compute the cases below; what they say is kept in crates/samspill/tests/vectors, with versions, and the tests hold
our commands to it. Prints how far ours is from each.
"""

import importlib.metadata as metadata
import json
import os
import pathlib
import subprocess
import sys
import warnings

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
OUT = ROOT / "crates" / "samspill" / "tests" / "vectors"
PACKAGES = ["scipy", "aggregate", "statsmodels", "PHStatsMethods"]
LEVELS = [0.5, 0.75, 0.9, 0.95, 0.99, 0.995]


def environment():
    folder = TARGET / "vectors"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        (folder / "ready").touch()
    return python


def versions(*packages):
    return ", ".join(f"{package} {metadata.version(package)}" for package in packages)


# ---- Risk -----------------------------------------------------------------------------------------------------------

RISK = [
    {"rate": 7.5, "shape": None, "severity": [[1, 0.5], [2, 0.3], [5, 0.2]]},
    {"rate": 0.3, "shape": None, "severity": [[10, 0.9], [400, 0.1]]},
    {"rate": 20.0, "shape": 4.0, "severity": [[1, 0.25], [3, 0.5], [8, 0.25]]},
    {"rate": 250.0, "shape": 60.0, "severity": [[2, 0.7], [15, 0.25], [120, 0.05]]},
    {"rate": 900.0, "shape": None, "severity": [[7, 0.6], [31, 0.3], [208, 0.1]]},
]


def compound(case):
    """Sums of n costs by repeated convolution, weighted by the probability of n: no transform, unlike ours."""
    import numpy as np
    from scipy import stats

    rate, shape = case["rate"], case["shape"]
    count = stats.poisson(rate) if shape is None else stats.nbinom(shape, shape / (shape + rate))
    last = int(count.ppf(1 - 1e-13)) + 1
    top = max(cost for cost, _ in case["severity"])
    size = int(last * top) + 1
    size = min(size, int(rate * sum(c * p for c, p in case["severity"]) + 14 * (count.var() ** 0.5 + 1) * top) + 1)
    one = np.zeros(top + 1)
    for cost, p in case["severity"]:
        one[cost] += p
    places = np.nonzero(one)[0]
    sums, of_n = np.zeros(size), np.zeros(size)
    of_n[0] = 1.0
    for n in range(last + 1):
        sums += count.pmf(n) * of_n
        after = np.zeros(size)
        for place in places:
            after[place:] += one[place] * of_n[: size - place]
        of_n = after
    costs, summed = np.arange(size), np.cumsum(sums)
    mean = float((costs * sums).sum())
    out = {"mean": mean, "standard_deviation": float((((costs - mean) ** 2) * sums).sum() ** 0.5)}
    at, tail = {}, {}
    for level in LEVELS:
        place = int(np.searchsorted(summed, level - 1e-12))
        at[str(level)] = float(costs[place])
        # The worst part of years: whole probabilities above, and so much of the one at the level as is left.
        above = sums[place + 1 :]
        part = (1 - level) - above.sum()
        tail[str(level)] = float(((costs[place + 1 :] * above).sum() + part * costs[place]) / (1 - level))
    return {**out, "value_at_risk": at, "tail_value_at_risk": tail}


def by_aggregate(case):
    """The same by the package aggregate, where the number of persons is Poisson."""
    import numpy as np
    from aggregate import Aggregate

    xs = np.array([cost for cost, _ in case["severity"]], dtype=float)
    ps = np.array([p for _, p in case["severity"]])
    one = Aggregate("m", exp_en=case["rate"], sev_name="dhistogram", sev_xs=xs, sev_ps=ps, freq_name="poisson")
    one.update(log2=18, bs=1.0, padding=0)
    return {"mean": float(one.est_m), "standard_deviation": float(one.est_sd), "value_at_risk": {str(level): float(one.q(level)) for level in LEVELS}}


def risk():
    cases = []
    for case in RISK:
        found = {"scipy": compound(case)}
        if case["shape"] is None:
            found["aggregate"] = by_aggregate(case)
        cases.append({**case, "found": found})
    return {"made_with": versions("scipy", "numpy", "aggregate"), "cases": cases}


# ---- Methods --------------------------------------------------------------------------------------------------------
# A case is a command, the table it reads, who says what it should give, and how near: `expect` names places in our JSON.

ESP = [("0-4", 5000), ("5-9", 5500), ("10-14", 5500), ("15-19", 5500), ("20-24", 6000), ("25-29", 6000), ("30-34", 6500), ("35-39", 7000),
       ("40-44", 7000), ("45-49", 7000), ("50-54", 7000), ("55-59", 6500), ("60-64", 6000), ("65-69", 5500), ("70-74", 5000),
       ("75-79", 4000), ("80-84", 2500), ("85-89", 1500), ("90+", 1000)]


def case(by, args, expect, within=1e-9, table=None):
    return {"by": by, "args": args, "table": table, "expect": expect, "within": within}


def text(frame):
    return frame.to_csv(index=False, lineterminator="\n")


def intervals():
    from PHStatsMethods.confidence_intervals import byars_lower, byars_upper, exact, wilson
    from scipy.stats import norm, t
    from statsmodels.stats.proportion import proportion_confint

    out = []
    for count in [0, 1, 7, 9, 10, 11, 48, 389, 5000]:
        # Its `byars` takes the confidence for what is outside it (0.1.16); the limits one by one do not.
        halves = (lambda count, level: (byars_lower(count, level), byars_upper(count, level))) if count else exact
        for method, of in [("byar", halves), ("exact", exact)]:
            low, high = of(count, 0.95)
            args = ["interval", "poisson", "--count", str(count), "--method", method, "--json"]
            out.append(case("PHStatsMethods", args, {"low": float(low) if count else 0.0, "high": float(high)}))
    for count, of in [(0, 12), (3, 12), (12, 12), (65, 263), (1900, 2000)]:
        for method in ["wilson", "exact"]:
            if method == "wilson":
                by, (low, high) = "PHStatsMethods", wilson(count, of, 0.998)
            else:
                by, (low, high) = "statsmodels", proportion_confint(count, of, alpha=0.002, method="beta")
            args = ["interval", "proportion", "--count", str(count), "--of", str(of), "--method", method, "--confidence", "99.8", "--json"]
            out.append(case(by, args, {"low": max(float(low), 0.0), "high": float(high)}))
    low, high = t.interval(0.9, 13, loc=4.2, scale=1.3 / 14**0.5)
    args = ["interval", "mean", "--mean", "4.2", "--spread", "1.3", "--of", "14", "--confidence", "90", "--json"]
    out.append(case("scipy", args, {"low": float(low), "high": float(high)}))
    return out


def rates():
    import numpy as np
    import pandas as pd
    from PHStatsMethods import ph_dsr, ph_ISRate, ph_ISRatio

    dice = np.random.default_rng(7)
    rows = []
    for area, size in [("A", 9000), ("B", 90000), ("C", 2500)]:
        for place, (age, people) in enumerate(ESP):
            people = int(size * people / 100_000 * dice.uniform(0.7, 1.3)) + 5
            rows.append((area, age, int(dice.poisson(people * 0.002 * 1.25**place)), people))
    frame = pd.DataFrame(rows, columns=["area", "age", "events", "people"])
    table = text(frame)
    esp = frame.assign(standard=frame.age.map(dict(ESP)))
    direct = ph_dsr(esp, "events", "people", "standard", "area", multiplier=1000, euro_standard_pops=False, metadata=False)
    # The first age of the standard is divided in two in our table and not in theirs: the sum is the same.
    expect = {}
    for place, row in enumerate(direct.sort_values("area").to_dict("records")):
        low, high = [value for key, value in row.items() if "lower" in key.lower()][0], [value for key, value in row.items() if "upper" in key.lower()][0]
        expect |= {f"areas.{place}.rate": row["Value"], f"areas.{place}.low": low, f"areas.{place}.high": high}
    args = ["standardise", "TABLE", "--area", "area", "--strata", "age", "--events", "events", "--population", "people", "--json"]
    out = [case("PHStatsMethods ph_dsr", args, expect, table=table)]
    whole = frame.groupby("age", as_index=False).agg(all_events=("events", "sum"), all_people=("people", "sum"))
    merged = frame.merge(whole, on="age")
    ratio = ph_ISRatio(merged, "events", "people", "all_events", "all_people", "area", metadata=False)
    expect = {}
    for place, row in enumerate(ratio.sort_values("area").to_dict("records")):
        low, high = [value for key, value in row.items() if "lower" in key.lower()][0], [value for key, value in row.items() if "upper" in key.lower()][0]
        expect |= {f"areas.{place}.rate": row["Value"], f"areas.{place}.low": low, f"areas.{place}.high": high, f"areas.{place}.expected": row["Expected"]}
    out.append(case("PHStatsMethods ph_ISRatio", args + ["--method", "indirect"], expect, table=table))
    return out + [recurrent(dice)] + real()


def real():
    """Helse Nord 2012-2014, age and sex: published counts, and inhabitants by Statistics Norway."""
    import pandas as pd
    from PHStatsMethods import ph_dsr, ph_ISRatio

    frame = pd.read_csv(ROOT / "data" / "helse_nord_admissions.csv", sep=";").rename(columns={"stays": "events"})
    frame = frame.groupby(["area", "age", "sex"], as_index=False).agg(events=("events", "sum"), people=("people", "sum"))
    spread = {a: sum(n for band, n in ESP if low <= int(band.split("-")[0].rstrip("+")) <= high) for a, low, high in [("18-49", 20, 45), ("50-74", 50, 70), ("75+", 75, 90)]}
    # 15 to 19 years are five ages, three of them under 18.
    spread |= {"0-17": 5000 + 5500 + 5500 + 5500 * 3 / 5, "18-49": spread["18-49"] + 5500 * 2 / 5}
    table = text(frame)
    weighed = frame.assign(standard=frame.age.map(spread) / 2, stratum=frame.age + frame.sex)
    assert abs(weighed.groupby("area").standard.sum().iloc[0] - 100_000) < 1e-6
    direct = ph_dsr(weighed, "events", "people", "standard", "area", multiplier=1000, euro_standard_pops=False, metadata=False)
    whole = weighed.groupby("stratum", as_index=False).agg(all_events=("events", "sum"), all_people=("people", "sum"))
    ratio = ph_ISRatio(weighed.merge(whole, on="stratum"), "events", "people", "all_events", "all_people", "area", metadata=False)
    args = ["standardise", "TABLE", "--area", "area", "--strata", "age,sex", "--events", "events", "--population", "people", "--json"]
    out = []
    for name, found, more in [("ph_dsr", direct, []), ("ph_ISRatio", ratio, ["--method", "indirect"])]:
        expect = {}
        for place, row in enumerate(found.sort_values("area").to_dict("records")):
            low, high = [value for key, value in row.items() if "lower" in key.lower()][0], [value for key, value in row.items() if "upper" in key.lower()][0]
            expect |= {f"areas.{place}.rate": row["Value"], f"areas.{place}.low": low, f"areas.{place}.high": high}
        out.append(case(f"PHStatsMethods {name}, Helse Nord 2012-2014", args + more, expect, table=table))
    return out


def recurrent(dice):
    """Events of the same person: the rate's variance as the variance of a compound Poisson sum, by drawing persons."""
    import numpy as np
    import pandas as pd

    rows = []
    weights = {"0-64": sum(n for a, n in ESP if int(a.split("-")[0].rstrip("+")) < 65), "65-79": 14500, "80+": 5000}
    whole = sum(weights.values())
    events, drawn = 0, np.zeros(200_000)
    for age, people, by_times in [("0-64", 8000, {1: 40, 2: 6}), ("65-79", 1500, {1: 60, 2: 14, 3: 5}), ("80+", 500, {1: 30, 2: 12, 4: 3})]:
        for times, persons in by_times.items():
            rows.append((age, persons, times, people))
            events += persons * times
            # Persons come at random, each with so many events.
            drawn += dice.poisson(persons, drawn.size) * times * weights[age] / whole / people
    frame = pd.DataFrame(rows, columns=["age", "persons", "times", "people"])
    spread = float(drawn.std())
    low, high = events * (1 - 1 / (9 * events) - 1.959963984540054 / (3 * events**0.5)) ** 3, (events + 1) * (1 - 1 / (9 * (events + 1)) + 1.959963984540054 / (3 * (events + 1) ** 0.5)) ** 3
    mean = sum(n * t * weights[a] / whole / p for a, n, t, p in rows)
    expect = {"areas.0.rate": 1000 * mean, "areas.0.low": 1000 * (mean + spread / events**0.5 * (low - events)), "areas.0.high": 1000 * (mean + spread / events**0.5 * (high - events))}
    args = ["standardise", "TABLE", "--strata", "age", "--events", "persons", "--per-person", "times", "--population", "people", "--json"]
    return case("200 000 drawn populations", args, expect, within=0.005, table=text(frame))


def charts():
    import numpy as np
    import pandas as pd
    from scipy.optimize import brentq
    from scipy.special import gammaincc
    from scipy.stats import binom, norm, poisson

    dice = np.random.default_rng(11)
    values = np.round(dice.normal(50, 4, 30), 2)
    values[21:] += 9
    frame = pd.DataFrame({"month": range(1, 31), "value": values})
    steps = np.abs(np.diff(values))
    ranges = steps[steps <= 3.267 * steps.mean()].mean()
    mean = values.mean()
    expect = {"bases.0.mean": mean, "bases.0.moving_range": ranges, "bases.0.low": mean - 3 * ranges / 1.128, "bases.0.high": mean + 3 * ranges / 1.128}
    out = [case("numpy", ["spc", "TABLE", "--value", "value", "--json"], {k: float(v) for k, v in expect.items()}, table=text(frame))]
    people = dice.integers(800, 90000, 60)
    events = dice.poisson(people * 0.004 * np.exp(dice.normal(0, 0.15, 60)))
    frame = pd.DataFrame({"area": [f"K{place:02}" for place in range(60)], "events": events, "people": people})
    expected = people * events.sum() / people.sum()
    z = 2 * (np.sqrt(events) - np.sqrt(expected))
    clipped = np.clip(z, np.quantile(z, 0.1), np.quantile(z, 0.9))
    phi = float((clipped**2).mean())
    weights = 4 * expected
    tau = max(0.0, (60 * phi - 59) / (weights.sum() - (weights**2).sum() / weights.sum()))
    for allowance, spread in [("multiplicative", np.sqrt(max(phi, 1.0) / weights)), ("additive", np.sqrt(1 / weights + tau))]:
        # The exact tail of Poisson as standard deviations, and the allowance as a widening of them.
        tail = np.where(events >= expected, poisson.sf(events - 1, expected), poisson.cdf(events, expected))
        widening = spread / np.sqrt(1 / weights)
        score = np.sign(events - expected) * np.maximum(-norm.ppf(tail), 0) / widening
        lowest = lambda place: brentq(lambda at: gammaincc(at + 1, expected[place]) - norm.cdf(-1.959963984540054 * widening[place]), 0, expected[place], xtol=1e-12)
        unit = 1000 * events.sum() / people.sum()
        expect = {"overdispersion_factor": max(phi, 1.0), "between_variance": float(tau)}
        for place in [0, 17, 59]:
            expect |= {f"areas.{place}.z": float(score[place]), f"areas.{place}.limits_95.0": float(unit * lowest(place) / expected[place])}
        args = ["funnel", "TABLE", "--area", "area", "--events", "events", "--population", "people", "--allowance", allowance, "--json"]
        out.append(case("scipy, Spiegelhalter 2012", args, expect, table=text(frame)))
    # A series with a jump: the ranges on its sides are left out once, as NHSRplotthedots does.
    jumped = np.concatenate([values[:15], [95.0], values[15:21]])
    steps = np.abs(np.diff(jumped))
    kept = steps[steps <= 3.267 * steps.mean()]
    assert len(kept) < len(steps)
    expect = {"bases.0.moving_range": kept.mean(), "bases.0.high": jumped.mean() + 3 * kept.mean() / 1.128}
    out.append(case("numpy", ["spc", "TABLE", "--value", "value", "--json"], {k: float(v) for k, v in expect.items()},
                    table=text(pd.DataFrame({"month": range(1, 23), "value": jumped}))))
    # Proportions: exact binomial tails, and the outermost tenth left out of the variance between areas.
    whole = dice.integers(60, 4000, 50)
    parts = dice.binomial(whole, np.clip(0.14 * np.exp(dice.normal(0, 0.12, 50)), 0, 1))
    frame = pd.DataFrame({"area": [f"K{place:02}" for place in range(50)], "events": parts, "whole": whole})
    for target in [None, 15.0]:
        share = parts.sum() / whole.sum() if target is None else target / 100
        z = 2 * np.sqrt(whole) * (np.arcsin(np.sqrt(parts / whole)) - np.arcsin(np.sqrt(share)))
        low, high = np.quantile(z, 0.1), np.quantile(z, 0.9)
        keep = (z >= low) & (z <= high)
        count, weights = keep.sum(), 4 * whole[keep]
        phi = (z[keep] ** 2).mean()
        tau = max(0.0, (count * phi - (count - 1)) / (weights.sum() - (weights**2).sum() / weights.sum()))
        widening = np.sqrt(1 + 4 * whole * tau)
        over = parts >= whole * share
        tail = np.where(over, binom.sf(parts - 1, whole, share), binom.cdf(parts, whole, share))
        score = np.where(over, 1, -1) * np.maximum(-norm.ppf(tail), 0) / widening
        expect = {"between_variance": float(tau), "target": float(100 * share)}
        expect |= {f"areas.{place}.z": float(score[place]) for place in [0, 20, 49]}
        args = ["funnel", "TABLE", "--area", "area", "--events", "events", "--whole", "whole", "--truncated", "--json"]
        args += [] if target is None else ["--target", str(target)]
        out.append(case("scipy, binomial", args, expect, within=1e-8, table=text(frame)))
    # Variation between areas, as McPherson and the health atlases measure it.
    frame = pd.DataFrame({"area": [f"K{place:02}" for place in range(60)], "events": events, "expected": np.round(expected, 6)})
    of = np.round(expected, 6)
    parts_of = ((events - of) ** 2 - of) / of**2
    ordered = np.sort(events / of)
    expect = {"scv_times_100": 100 * parts_of.mean(), "scv_times_100_less_one": 100 * parts_of.sum() / 59,
              "ft": ordered[-1] / ordered[0], "ft2": ordered[-2] / ordered[1], "ft3": ordered[-3] / ordered[2]}
    args = ["variation", "TABLE", "--area", "area", "--events", "events", "--expected", "expected", "--json"]
    out.append(case("numpy", args, {k: float(v) for k, v in expect.items()}, table=text(frame)))
    return out


def effects():
    import numpy as np
    import pandas as pd
    import statsmodels.api as sm
    from scipy.stats import t as student
    from statsmodels.stats.stattools import durbin_watson

    dice, out = np.random.default_rng(13), []
    time = np.arange(48)
    began = (time >= 30).astype(float)
    since = np.where(time >= 30, time - 30, 0)
    noise = np.zeros(48)
    for place in range(1, 48):
        noise[place] = 0.5 * noise[place - 1] + dice.normal(0, 1.5)
    values = np.round(40 + 0.15 * time - 5 * began - 0.2 * since + noise, 3)
    design = np.column_stack([np.ones(48), time, began, since])
    fit = sm.OLS(values, design).fit(cov_type="HAC", cov_kwds={"maxlags": 3, "use_correction": True})
    reach = student.ppf(0.975, 44)
    expect = {"level.value": fit.params[2], "level.standard_error": fit.bse[2], "slope.value": fit.params[3], "slope.standard_error": fit.bse[3],
              "level.low": fit.params[2] - reach * fit.bse[2]}
    args = ["evaluate", "TABLE", "--time", "time", "--value", "value", "--from", "30", "--method", "its", "--lags", "3", "--json"]
    out.append(case("statsmodels OLS, HAC", args, {k: float(v) for k, v in expect.items()}, within=1e-8, table=text(pd.DataFrame({"time": time, "value": values}))))
    table = text(pd.DataFrame({"time": time, "value": values}))
    for kind, columns, options, words in [
        ("OLS", 4, {}, ["--errors", "plain"]),
        ("OLS", 3, {}, ["--errors", "plain", "--model", "level"]),
        ("OLS, HAC without correction", 4, {"cov_type": "HAC", "cov_kwds": {"maxlags": 4, "use_correction": False}}, ["--lags", "4", "--no-small-sample"]),
        ("OLS, HAC", 3, {"cov_type": "HAC", "cov_kwds": {"maxlags": 2, "use_correction": True}}, ["--errors", "newey-west", "--lags", "2", "--model", "level"]),
    ]:
        fit = sm.OLS(values, design[:, :columns]).fit(**options)
        reach = student.ppf(0.975, 48 - columns)
        expect = {"level.value": fit.params[2], "level.standard_error": fit.bse[2], "level.high": fit.params[2] + reach * fit.bse[2],
                  "intercept.value": fit.params[0], "intercept.standard_error": fit.bse[0], "slope_before.standard_error": fit.bse[1],
                  "r_squared": fit.rsquared, "durbin_watson": durbin_watson(fit.resid)}
        args = ["evaluate", "TABLE", "--time", "time", "--value", "value", "--from", "30", *words, "--json"]
        out.append(case(f"statsmodels {kind}", args, {k: float(v) for k, v in expect.items()}, within=1e-8, table=table))
    out.append(first_order(design, time, values))
    people = np.round(12_000 + 20 * time).astype(int)
    events = dice.negative_binomial(8, 8 / (8 + people * 0.003 * np.exp(-0.4 * began - 0.01 * since)))
    fit = sm.GLM(events, design, family=sm.families.Poisson(), offset=np.log(people)).fit(scale="X2", tol=1e-13)
    assert fit.scale > 1
    expect = {"level.value": np.exp(fit.params[2]), "level.standard_error": fit.bse[2], "slope.value": np.exp(fit.params[3]),
              "slope.standard_error": fit.bse[3], "dispersion": fit.scale}
    args = ["evaluate", "TABLE", "--time", "time", "--value", "events", "--population", "people", "--from", "30", "--method", "poisson", "--json"]
    out.append(case("statsmodels GLM Poisson, Pearson scale", args, {k: float(v) for k, v in expect.items()}, within=1e-7,
                    table=text(pd.DataFrame({"time": time, "events": events, "people": people}))))
    rows = []
    for unit in range(14):
        level = dice.normal(30, 6)
        for step in range(12):
            effect = -2.5 if unit < 5 and step >= 7 else 0.0
            rows.append((f"U{unit:02}", step, round(level + 0.4 * step + effect + dice.normal(0, 1.2), 3), int(unit < 5)))
    frame = pd.DataFrame(rows, columns=["unit", "time", "value", "treated"])
    frame = frame.drop(index=[20, 77]).reset_index(drop=True)  # not every unit is there at all times
    dummies = pd.concat([pd.get_dummies(frame.unit, dtype=float), pd.get_dummies(frame.time, dtype=float).iloc[:, 1:]], axis=1)
    design = np.column_stack([((frame.treated == 1) & (frame.time >= 7)).astype(float), dummies])
    fit = sm.OLS(frame.value.to_numpy(), design).fit(cov_type="cluster", cov_kwds={"groups": frame.unit.astype("category").cat.codes.to_numpy()})
    reach = student.ppf(0.975, 13)
    expect = {"effect.value": fit.params[0], "effect.standard_error": fit.bse[0], "effect.high": fit.params[0] + reach * fit.bse[0]}
    args = ["evaluate", "TABLE", "--time", "time", "--value", "value", "--unit", "unit", "--treated", "treated", "--from", "7", "--method", "did", "--json"]
    out.append(case("statsmodels OLS, cluster", args, {k: float(v) for k, v in expect.items()}, within=1e-8, table=text(frame)))
    rows = []
    for unit in range(16):
        people, level = int(dice.uniform(800, 9000)), dice.normal(0, 0.3)
        for step in range(10):
            effect = -0.35 if unit < 6 and step >= 6 else 0.0
            rows.append((f"U{unit:02}", step, int(dice.poisson(people * 0.004 * np.exp(level + 0.03 * step + effect))) if unit != 9 else 0, people + 10 * step, int(unit < 6)))
    frame = pd.DataFrame(rows, columns=["unit", "time", "events", "people", "treated"])
    told = frame[frame.unit != "U09"]  # a unit without events tells nothing
    dummies = pd.concat([pd.get_dummies(told.unit, dtype=float), pd.get_dummies(told.time, dtype=float).iloc[:, 1:]], axis=1)
    design = np.column_stack([((told.treated == 1) & (told.time >= 6)).astype(float), dummies])
    fit = sm.GLM(told.events.to_numpy(), design, family=sm.families.Poisson(), offset=np.log(told.people.to_numpy())).fit(
        cov_type="cluster", cov_kwds={"groups": told.unit.astype("category").cat.codes.to_numpy()}, tol=1e-13)
    reach = student.ppf(0.975, 14)
    expect = {"effect.value": np.exp(fit.params[0]), "effect.standard_error": fit.bse[0], "effect.low": np.exp(fit.params[0] - reach * fit.bse[0]), "units.without_events": 1}
    args = ["evaluate", "TABLE", "--time", "time", "--value", "events", "--population", "people", "--unit", "unit", "--treated", "treated", "--from", "6", "--method", "did-poisson", "--json"]
    out.append(case("statsmodels GLM Poisson, cluster", args, {k: float(v) for k, v in expect.items()}, within=1e-7, table=text(frame)))
    return out


def first_order(design, time, values):
    """Errors of first order by restricted likelihood, from the whole covariance matrix."""
    import numpy as np
    import pandas as pd
    from scipy.optimize import minimize_scalar

    count, columns = design.shape
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))

    def fitted(leaning):
        shape = leaning**apart / (1 - leaning**2)
        inverse = np.linalg.inv(shape)
        matrix = design.T @ inverse @ design
        left = values - design @ np.linalg.solve(matrix, design.T @ inverse @ values)
        square = left @ inverse @ left
        size = np.linalg.slogdet(shape)[1] + np.linalg.slogdet(matrix)[1] + (count - columns) * np.log(square)
        return size / 2, square / (count - columns), shape

    leaning = minimize_scalar(lambda one: fitted(one)[0], bounds=(0, 0.98), method="bounded", options={"xatol": 1e-12}).x
    _, variance, shape = fitted(leaning)
    bread = np.linalg.inv(design.T @ design)
    errors = np.sqrt(np.diag(bread @ design.T @ (variance * shape) @ design @ bread))
    expect = {"leaning_on_the_one_before": leaning, "level.standard_error": errors[2], "slope.standard_error": errors[3]}
    args = ["evaluate", "TABLE", "--time", "time", "--value", "value", "--from", "30", "--method", "its", "--json"]
    return case("numpy and scipy, restricted likelihood", args, {k: float(v) for k, v in expect.items()}, within=1e-6,
                table=text(pd.DataFrame({"time": time, "value": values})))


def methods():
    return {"made_with": versions("PHStatsMethods", "statsmodels", "scipy", "numpy"), "cases": intervals() + rates() + charts() + effects()}


# ---- All ------------------------------------------------------------------------------------------------------------


def main():
    if os.environ.get("SAMSPILL_VECTORS") != "inside":
        python = environment()
        sys.exit(subprocess.run([python, __file__], env={**os.environ, "SAMSPILL_VECTORS": "inside"}).returncode)
    warnings.filterwarnings("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    for name, make in [("risk", risk), ("methods", methods)]:
        (OUT / f"{name}.json").write_text(json.dumps(make(), indent=1) + "\n")
        print(f"written: {name}.json")


if __name__ == "__main__":
    main()
