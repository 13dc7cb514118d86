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
PACKAGES = ["scipy", "aggregate"]
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


# ---- All ------------------------------------------------------------------------------------------------------------


def main():
    if os.environ.get("SAMSPILL_VECTORS") != "inside":
        python = environment()
        sys.exit(subprocess.run([python, __file__], env={**os.environ, "SAMSPILL_VECTORS": "inside"}).returncode)
    warnings.filterwarnings("ignore")
    OUT.mkdir(parents=True, exist_ok=True)
    for name, make in [("risk", risk)]:
        (OUT / f"{name}.json").write_text(json.dumps(make(), indent=1) + "\n")
        print(f"written: {name}.json")


if __name__ == "__main__":
    main()
