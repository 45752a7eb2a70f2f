"""Whether the chosen model is too good to be true on validation, and the few columns that it then hangs on.

It hangs on columns where a shallow tree or a linear rule on at most five of them is as good, or where without the five
that it uses most half of its lead over the dummy is gone, whatever is learnt from the others. Pixels are not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlops.blocks.column_group import PLAIN, UNKNOWN, USUAL, Layout
from mlops.bundle.recipe import Recipe
from mlops.documents.training import TooGood
from mlops.files.canonical import rounded
from mlops.ml.data import few_columns
from mlops.ml.data.linear_rule import MOST
from mlops.ml.data.too_good import Floats, Rows, Table, Task, enough, lead, plainly

if TYPE_CHECKING:
    from mlops.ml.training.problem import Examples
    from mlops.stages.context import StageContext
    from mlops.stages.training_reports import Result

_ROWS = 15_000
_ASKED = 2_000
_SEED = 0
_HOW = {
    "tree": "a tree of three questions on that alone is as good",
    "linear": "a weighted sum of that alone is as good",
    "logarithms": "a product or ratio of that alone is as good",
    "product": "whether the two go together or against each other is as good alone",
    "larger": "the larger of the two is as good alone",
    "smaller": "the smaller of the two is as good alone",
    "total": "their plain total is as good alone",
}
_GONE = "without that, the other columns keep less than half of its lead over the dummy"

Answer = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Seen:
    """What a model sees of some rows, and the numbers without gaps that a tree or a linear rule may see of them.

    `x` [n, ...] has the column `names` behind each feature. The numbers are the usual groups of columns; where there
    are none, the others filled, with marks of what was missing.
    """

    x: NDArray[Any]
    names: tuple[str, ...]
    table: Table

    @classmethod
    def of(cls, x: NDArray[Any], y: Floats, names: tuple[str, ...], task: Task, layout: Layout) -> Seen | None:
        """Look at rows as a transform makes them; None where no numbers of a table are among them."""
        flat = x.reshape(len(x), -1)
        whole = () if layout.groups else tuple(range(len(names)))
        places = whole or layout.positions(USUAL) or layout.positions(PLAIN)
        if not places:
            return None
        numbers = np.take(flat, places, axis=1).astype(np.float64)
        gaps = np.isnan(numbers)
        some = np.flatnonzero(gaps.any(axis=0))
        numbers[gaps] = np.take(np.nan_to_num(np.nanmedian(numbers, axis=0)), np.nonzero(gaps)[1]) if some.size else 0
        sources = [names[place] for place in places] + [names[places[place]] for place in some]
        return cls(x, names, Table(np.hstack([numbers, gaps[:, some]]), tuple(sources), y, task))


def look(context: StageContext, task: Task, examples: Examples, best: Result) -> TooGood | None:
    """Look at the figures of the model that was chosen; None where they can be true, or the features are pixels."""
    path = context.path("artifacts/features/transform.json")
    if not path.is_file():
        return None
    recipe = Recipe.parse(path.read_bytes())
    if recipe.kind == "image":
        return None
    return judge(examples, names_of(recipe), task, best.fitted.predict, recipe.groups())


def names_of(recipe: Recipe) -> tuple[str, ...]:
    """Name the column of the data behind each feature."""
    return tuple(feature.column for feature in recipe.kept())


def judge(
    examples: Examples, names: tuple[str, ...], task: Task, predict: Answer, layout: Layout = UNKNOWN
) -> TooGood | None:
    """Judge what a model answers; `names` are the columns of the data behind each feature, `layout` their groups."""
    y = examples.validation_y.astype(np.float64)
    figure = plainly(y, _columns(predict(examples.validation_x)), task)
    if figure is None:
        return None
    seen, fitting = _seen(examples, names, task, layout)
    if seen is None:
        return None
    texts = frozenset(group.name.partition(":")[2] for group in layout.texts)
    columns, how = _hangs(seen, fitting, predict, texts)
    return TooGood(measure=figure[0], value=rounded(figure[1]), rows=y.size, columns=columns, how=how)


def _seen(examples: Examples, names: tuple[str, ...], task: Task, layout: Layout) -> tuple[Seen | None, Rows]:
    """Put rows of training and of validation together; the first are to choose on."""
    draw = np.random.default_rng(_SEED)
    parts = [(examples.train_x, examples.train_y), (examples.validation_x, examples.validation_y)]
    rows = [np.sort(draw.permutation(len(y))[:_ROWS]) for _, y in parts]
    x = np.concatenate([part[0][chosen] for part, chosen in zip(parts, rows, strict=True)])
    y = np.concatenate([part[1][chosen] for part, chosen in zip(parts, rows, strict=True)]).astype(np.float64)
    return Seen.of(x, y, names, task, layout), np.arange(y.size) < rows[0].size


def _hangs(seen: Seen, fitting: Rows, predict: Answer, texts: frozenset[str]) -> tuple[tuple[str, ...], str]:
    table = seen.table
    few = few_columns.find(table, fitting)
    if few is not None:
        return few.columns, _HOW[few.how]
    if not enough(table, fitting):
        return (), ""
    most = _most_used(seen, fitting, predict)
    if texts.intersection(most):  # a text is as many columns as it has words
        return (), ""
    rest = table.without(frozenset(most))
    whole = lead(table, fitting, _columns(predict(seen.x[~fitting])))
    if rest.sources and few_columns.without(rest, fitting) < few_columns.HALF * whole:
        return most, _GONE
    return (), ""


def _most_used(seen: Seen, fitting: Rows, predict: Answer) -> tuple[str, ...]:
    """Find the columns whose shuffling costs most (permutation importance, Breiman, 2001), with their masks."""
    draw = np.random.default_rng(_SEED)
    rows = np.flatnonzero(~fitting)[:_ASKED]
    judged = np.zeros(seen.table.y.size, dtype=bool)
    judged[rows] = True
    order, cost = draw.permutation(rows.size), {}
    for name in dict.fromkeys(seen.names):
        x = seen.x[rows]
        own = [place for place, source in enumerate(seen.names) if source == name]
        x[:, own] = x[order][:, own]
        cost[name] = lead(seen.table, ~judged, _columns(predict(x)))
    return tuple(sorted(cost, key=lambda name: cost[name])[:MOST])


def _columns(scores: NDArray[Any]) -> Floats:
    wide = np.asarray(scores, dtype=np.float64)
    return wide if wide.ndim > 1 else wide[:, None]
