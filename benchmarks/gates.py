"""How often gates are wrong: simulations with a known truth, judged by the code that judges models.

    python benchmarks/gates.py [--quick] [--smoke | --write]

Prints a line for every claim with its bound, and ends with 1 when one is missed. Bounds on an error of 5 % allow three
Monte Carlo standard errors. Seeds are fixed. `--quick` makes a tenth of the runs, with the wider bounds that follow.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.simulation import (
    METHOD,
    Claim,
    at_most_alpha,
    binormal,
    count,
    near,
    numbers,
    predictions,
    right_or_wrong,
    rule,
    verdict,
)
from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.intervals.power import power
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions

LIBRARIES = ("numpy", "scipy")


def equal_models(runs: int) -> Iterator[Claim]:
    """Equal models must not look better: superiority with nothing to find."""
    rows, better = 400, {"against": "champion", "strict": True}
    makers: dict[str, tuple[str, Callable[[np.random.Generator], tuple[Any, Any, Any]], dict[str, Any]]] = {
        "accuracy": ("binary", lambda r: right_or_wrong(r, rows, 0.05, 0.05), {"at_least": 0.0}),
        "auroc": ("binary", lambda r: binormal(r, rows, 0.8, 0.8), {"at_least": 0.0}),
        "log_loss": ("binary", lambda r: binormal(r, rows, 0.8, 0.8), {"at_most": 0.0}),
        "f1": ("binary", lambda r: binormal(r, rows, 0.8, 0.8), {"at_least": 0.0}),
        "rmse": ("regression", lambda r: numbers(r, rows), {"at_most": 0.0}),
    }
    for seed, (metric, (task, make, bound)) in enumerate(makers.items()):
        asked = rule(metric, **better, **bound)
        hits = count(runs, seed, "pass", lambda r, t=task, m=make, a=asked: verdict(predictions(t, *m(r)), a))
        yield at_most_alpha(f"an equal model is promoted: {metric}, paired bootstrap", hits, runs)
    exact = rule("accuracy", at_least=0.0, test="mcnemar", **better)
    make = makers["accuracy"][1]
    hits = count(runs, 10, "pass", lambda r: verdict(predictions("binary", *make(r)), exact))
    yield at_most_alpha("an equal model is promoted: accuracy, McNemar's test", hits, runs)
    yield from _grouped(runs)


def _grouped(runs: int) -> Iterator[Claim]:
    """Eighty people of five rows each, who are answered right or wrong as a whole."""

    def make(random: np.random.Generator, groups: Any) -> Predictions:
        y, ours, theirs = right_or_wrong(random, 80, 0.08, 0.08)
        return predictions("binary", *(np.repeat(x, 5) for x in (y, ours, theirs)), groups=groups)

    asked, people = rule("accuracy", at_least=0.0, against="champion", strict=True), np.repeat(np.arange(80), 5)
    hits = count(runs, 11, "pass", lambda r: verdict(make(r, people), asked))
    yield at_most_alpha("an equal model is promoted: rows of 80 people, cluster bootstrap", hits, runs)
    hits = count(runs, 11, "pass", lambda r: verdict(make(r, None), asked))
    yield Claim("the same as if rows were independent", hits / runs, runs)
    hits = count(runs, 11, "pass", lambda r: _bare(make(r, None)))
    yield Claim("the same by comparing two numbers", hits / runs, runs)


def _bare(data: Predictions) -> str:
    right = [((data.scores[model] > 0.5) == data.target).mean() for model in ("candidate", "champion")]
    return "pass" if right[0] >= right[1] else "fail"


def at_the_margin(runs: int) -> Iterator[Claim]:
    """A model that is worse by the whole margin must not be found non-inferior."""
    rows, other = 400, {"against": "champion"}
    cases: list[tuple[str, str, Rule, Callable[[np.random.Generator], tuple[Any, Any, Any]]]] = [
        ("accuracy, paired bootstrap", "binary", rule("accuracy", at_least=-0.03, **other),
         lambda r: right_or_wrong(r, rows, 0.04, 0.07)),
        ("accuracy, Tango's test", "binary", rule("accuracy", at_least=-0.03, test="mcnemar", **other),
         lambda r: right_or_wrong(r, rows, 0.04, 0.07)),
        ("auroc, paired bootstrap", "binary", rule("auroc", at_least=-0.03, **other),
         lambda r: binormal(r, rows, 0.77, 0.8)),
        ("mae, paired bootstrap", "regression", rule("mae", at_most=0.1, **other), lambda r: numbers(r, rows, 0.1)),
        ("mae, five percent, paired bootstrap", "regression", rule("mae", at_most=0.05, relative=True, **other),
         lambda r: numbers(r, rows, 0.1)),
    ]  # fmt: skip
    for seed, (name, task, asked, make) in enumerate(cases, 20):
        hits = count(runs, seed, "pass", lambda r, t=task, m=make, a=asked: verdict(predictions(t, *m(r)), a))
        yield at_most_alpha(f"a model worse by the margin passes: {name}", hits, runs)


def powers(runs: int) -> Iterator[Claim]:
    """What is promised of a margin must come true."""
    tail = METHOD.tail
    for rows in (500, 2000):
        error = math.sqrt((0.06 - 0.02**2) / rows)
        theory = power(0.02, error, tail)
        for test in ("bootstrap", "mcnemar"):
            asked = rule("accuracy", at_least=0.0, against="champion", test=test, strict=True)
            make = lambda r, n=rows: predictions("binary", *right_or_wrong(r, n, 0.04, 0.02))  # noqa: E731
            hits = count(runs, 30, "pass", lambda r, m=make, a=asked: verdict(m(r), a))
            yield near(f"power of superiority, two points better, {rows:,} rows, {test}", hits, runs, theory)
        asked = rule("accuracy", at_least=-0.02, against="champion")
        theory = power(0.02, math.sqrt(0.06 / rows), tail)
        make = lambda r, n=rows: predictions("binary", *right_or_wrong(r, n, 0.03, 0.03))  # noqa: E731
        hits = count(runs, 31, "pass", lambda r, m=make, a=asked: verdict(m(r), a))
        yield near(f"power of a margin of two points, equal models, {rows:,} rows", hits, runs, theory)


def slices(runs: int) -> Iterator[Claim]:
    """Of a hundred slices exactly on the bound, none may pass by luck; a slice that got worse must be seen."""
    sites = np.repeat(np.arange(100).astype(str).astype(object), 60)
    for correction in ("holm", "benjamini_hochberg"):
        asked = rule("accuracy", at_least=0.8, by="site", correction=correction)
        hits = sum(_any_pass(np.random.default_rng((40, number)), sites, asked) for number in range(runs))
        yield at_most_alpha(f"of 100 slices on the bound, any passes: {correction}", hits, runs)
    yield from _beside_champion(runs, sites)
    whole, each = (
        rule("accuracy", at_least=-m, against="champion", **by) for m, by in ((0.02, {}), (0.05, {"by": "s"}))
    )
    seen = [_planted(np.random.default_rng((41, number)), whole, each) for number in range(max(10, runs // 4))]
    yield Claim(
        "a 3 % slice that fell by 20 points: the aggregate passes", _mean(a == "pass" for a, _ in seen), len(seen), 0.95
    )
    yield Claim(
        "a 3 % slice that fell by 20 points: the slice fails", _mean(b == "fail" for _, b in seen), len(seen), 0.95
    )
    many = [_among_many(np.random.default_rng((43, number))) for number in range(len(seen))]
    yield near("the same among 33 slices: it fails", many.count("fail"), len(many), _seen_among(33, 303))


def _beside_champion(runs: int, sites: Any) -> Iterator[Claim]:
    """A hundred slices beside the champion's: as good as it under the tightest margin, and worse by just the margin."""
    cases = (("as good as the champion, no margin", 0.06, 0.0), ("worse by just the margin", 0.03, -0.06))
    for name, gained, bound in cases:
        for correction in ("holm", "benjamini_hochberg"):
            asked = rule("accuracy", at_least=bound, against="champion", by="site", correction=correction)
            fails = passes = bare = 0
            for number in range(runs):
                y, ours, theirs = right_or_wrong(
                    np.random.default_rng((42, number)), len(sites), gained, gained - bound
                )
                data = predictions("binary", y, ours, theirs, slices={"site": sites})
                found = judge(gather(data, [asked], METHOD, grouped=False), METHOD, 30)
                said = {result.verdict for result in found}
                fails, passes = fails + ("fail" in said), passes + ("pass" in said)
                bare += any(result.evidence.interval.value < bound for result in found)
            yield at_most_alpha(f"of 100 slices {name}, any fails: {correction}", fails, runs)
            yield at_most_alpha(f"of 100 slices {name}, any passes: {correction}", passes, runs)
        yield Claim(f"of 100 slices {name}, any looks worse than allowed", bare / runs, runs)


def _seen_among(slices: int, rows: int) -> float:
    """Work out how often a fall of 20 points is seen under a margin of 5, where the slices share the error (normal)."""
    turned = 0.2 / 0.66  # of the answers in the slice: 83 % were right, so 20 points are lost
    lost, gained = 0.03 * (1 - turned) + 0.8 * turned, 0.03 * (1 - turned) + 0.14 * turned
    error = math.sqrt((lost + gained - 0.2**2) / rows)
    return NormalDist().cdf((0.2 - 0.05) / error - NormalDist().inv_cdf(1 - METHOD.tail / slices))


def _among_many(random: np.random.Generator) -> str:
    """Plant the same regression in one of 33 slices of 3 % each."""
    rows = 9_999
    y, ours, theirs = right_or_wrong(random, rows, 0.03, 0.03)
    labels = np.arange(rows) % 33
    ours = np.where((labels == 0) & (random.random(rows) < 0.2 / 0.66), 1 - ours, ours)
    data = predictions("binary", y, ours, theirs, slices={"s": labels.astype(str).astype(object)})
    asked = rule("accuracy", at_least=-0.05, against="champion", by="s")
    return verdict(data, asked, method=Bootstrap(samples=200))


def _mean(flags: Iterator[bool]) -> float:
    return float(np.mean(list(flags)))


def _any_pass(random: np.random.Generator, sites: Any, asked: Rule) -> bool:
    y = random.integers(0, 2, len(sites))
    score = np.where(random.random(len(sites)) < 0.8, y, 1 - y) * 0.8 + 0.1
    data = predictions("binary", y, score, None, slices={"site": sites})
    return any(result.verdict == "pass" for result in judge(gather(data, [asked], METHOD, grouped=False), METHOD, 30))


def _planted(random: np.random.Generator, whole: Rule, each: Rule) -> tuple[str, str]:
    rows = 10_000
    y, ours, theirs = right_or_wrong(random, rows, 0.03, 0.03)
    small = np.arange(rows) < 0.03 * rows
    ours = np.where(small & (random.random(rows) < 0.2 / 0.66), 1 - ours, ours)  # 0.83 right becomes 0.63
    labels = np.where(small, "rare", "usual").astype(object)
    data = predictions("binary", y, ours, theirs, slices={"s": labels})
    method = Bootstrap(samples=200)
    return verdict(data, whole, method=method), verdict(data, each, method=method)


def fairness(runs: int) -> Iterator[Claim]:
    """Groups that are treated alike must not be called unequal, however small; groups that are not must not pass."""
    ratio = Rule("dp", "demographic_parity_ratio", of="g", at_least=0.8)
    odds = Rule("eo", "equalized_odds_difference", of="g", at_most=0.1)
    for size in (20, 30, 50, 100, 300, 1000, 2000):
        said = [_treated(np.random.default_rng((50, size, number)), size, 1.0, ratio, odds) for number in range(runs)]
        for position, name in enumerate(("four-fifths with an interval", "equalized odds within 0.1")):
            hits = sum(verdicts[position] == "fail" for verdicts in said)
            yield at_most_alpha(f"equal treatment is blocked: {name}, a group of {size:,}", hits, runs)
        yield Claim(f"equal treatment is blocked: plain four-fifths rule, a group of {size:,}",
                    sum(verdicts[2] == "fail" for verdicts in said) / runs, runs)  # fmt: skip
        yield Claim(f"equal treatment passes: four-fifths with an interval, a group of {size:,}",
                    sum(verdicts[0] == "pass" for verdicts in said) / runs, runs)  # fmt: skip
    for size in (30, 300, 2000):
        hits = sum(
            _treated(np.random.default_rng((51, size, number)), size, 0.8, ratio)[0] == "pass" for number in range(runs)
        )
        yield at_most_alpha(f"a ratio of exactly 0.8 passes: a group of {size:,}", hits, runs)


def _treated(random: np.random.Generator, size: int, factor: float, *rules: Rule) -> list[str]:
    """Decide about 2,000 people and about `size` more, of whom `factor` as many are selected."""
    group = np.where(np.arange(2000 + size) < 2000, "a", "b").astype(object)
    y = (random.random(len(group)) < 0.4).astype(np.int64)
    chance = np.where(y == 1, 0.6, 0.1) * np.where(group == "b", factor, 1.0)  # 0.3 of all
    decided = random.random(len(group)) < chance
    data = predictions("binary", y, decided * 0.8 + 0.1, None, slices={"g": group})
    rates = [decided[group == name].mean() for name in "ab"]
    plain = "pass" if min(rates) >= 0.8 * max(rates) else "fail"
    return [*(verdict(data, asked, minimum_rows=5) for asked in rules), plain]


SECTIONS: dict[str, tuple[Callable[[int], Iterator[Claim]], float]] = {
    "equal models": (equal_models, 1.0),
    "at the margin": (at_the_margin, 1.0),
    "power": (powers, 0.5),
    "slices": (slices, 0.1),
    "fairness": (fairness, 1.0),
}


def section(name: str, scale: float) -> list[Claim]:
    """Make the simulations of one section; `scale` is the share of the full number of runs."""
    make, share = SECTIONS[name]
    return list(make(max(10, round(2000 * share * scale))))


def main() -> int:
    parser = command.parser(__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs")
    asked = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    scale = 0.0 if asked.smoke else 0.1 if asked.quick else 1.0
    started, claims = time.perf_counter(), []
    with ProcessPoolExecutor(2) as pool:
        for found in pool.map(section, SECTIONS, [scale] * len(SECTIONS)):
            print(*(claim.line() for claim in found), sep="\n", flush=True)
            claims += found
    missed = sum(not claim.holds for claim in claims)
    print(f"{missed} missed, {time.perf_counter() - started:.0f} s", flush=True)
    return measuring.end([claim.row() for claim in claims])


if __name__ == "__main__":
    sys.exit(main())
