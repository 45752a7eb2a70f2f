"""Texts as a few numbers, for models that read nothing else: latent semantic analysis.

Token weights are projected on the directions in which the training rows differ most, without their mean (truncated
singular value decomposition; Deerwester et al., JASIS 41:391, 1990; Halko et al., SIAM Review 53:217, 2011). The
projection stands in the graph before the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto

from mlops.blocks.column_group import Layout
from mlops.ml.light import without_pandas
from mlops.ml.training import export
from mlops.ml.training.seeds import derive
from mlops.ml.training.token_graph import Graph
from mlops.ml.training.token_input import TokenInput, Tokens, bag, padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Candidate, Epoch, Fitted, Session

_DIGITS = 6  # of what a direction says of a token: another processor's last bit does not change the model


def widths(given: TokenInput, most: int) -> tuple[int, ...]:
    """Say how many numbers each text becomes."""
    return tuple(min(most, max(1, text.size - 2)) for text in given.texts)


def narrowed(problem: Problem, most: int) -> Problem:
    """Give the problem of who reads projected texts: plain columns, then the numbers that texts become."""
    given = TokenInput.of(problem.layout)
    more = sum(widths(given, most))
    numbers = problem.numbers and (*(problem.numbers[place] for place in given.plain), *[None] * more)
    return replace(problem, shape=(len(given.plain) + more,), numbers=numbers, layout=Layout())


@dataclass(frozen=True)
class Projected:
    """A candidate that is taught numbers in the place of texts."""

    inner: Candidate
    problem: Problem
    """That of the whole input."""
    most: int

    def fit(self, examples: Examples, session: Session) -> Fitted:
        """Learn the directions from the training rows, then train."""
        given = TokenInput.of(self.problem.layout)
        seed = derive(session.seed, "projection")
        found = zip(given.texts, widths(given, self.most), strict=True)
        tables = [_directions(bag(examples.train_x, text), width, seed) for text, width in found]
        projection = Projection(given, tuple(tables))
        narrow = replace(
            examples,
            train_x=projection.apply(examples.train_x),
            validation_x=projection.apply(examples.validation_x),
        )
        return Through(self.inner.fit(narrow, session), self.problem, projection)


def _directions(counted: Any, width: int, seed: int) -> NDArray[np.float32]:
    """Find directions [tokens, width]; those that rows do not have are zeros."""
    with without_pandas():
        from sklearn.decomposition import TruncatedSVD
    least = min(width, min(counted.shape) - 1)
    made = np.zeros((counted.shape[1], width), dtype=np.float32)
    if least >= 1:
        found = TruncatedSVD(least, algorithm="randomized", n_iter=7, random_state=seed).fit(counted).components_.T
        scale = 10.0 ** (_DIGITS - 1)
        made[:, :least] = np.round(found * scale) / scale
    return made


@dataclass(frozen=True, eq=False)
class Projection:
    """Directions [tokens, k] for each text of an input."""

    given: TokenInput
    tables: Sequence[NDArray[np.float32]]

    def apply(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Put numbers in the place of texts: [n, plain + k, ...] in single precision."""
        made = [np.asarray(bag(x, text) @ table.astype(np.float64)) for text, table in self.pairs()]
        return np.concatenate([self.given.numbers(x), *(part.astype(np.float32) for part in made)], axis=1)

    def draw(self, model: bytes) -> bytes:
        """Put the projection before the input of a graph."""
        found = onnx.load_from_string(model)
        for node in found.graph.node:
            for place, name in enumerate(node.input):
                if name == "x":
                    node.input[place] = "projected"
        graph = Graph("projection")
        parts = [graph.taken("x", self.given.plain)] if self.given.plain else []
        for text, table in self.pairs():
            wide = graph.summed("x", text, padded(table.astype(np.float64)).astype(np.float32))
            parts.append(graph.add("Cast", wide, to=TensorProto.FLOAT))
        graph.add("Concat", *parts, output="projected", axis=1)
        nodes = [*graph.nodes, *found.graph.node]
        del found.graph.node[:]
        found.graph.node.extend(nodes)
        found.graph.initializer.extend(graph.constants)
        found.graph.input[0].type.tensor_type.shape.dim[1].dim_value = self.given.width
        return export.finish(found)

    def pairs(self) -> zip[tuple[Tokens, NDArray[np.float32]]]:
        """Give each text with its directions."""
        return zip(self.given.texts, self.tables, strict=True)


@dataclass(frozen=True, eq=False)
class Through:
    """A trained candidate behind a projection."""

    narrow: Fitted
    problem: Problem
    projection: Projection

    @property
    def history(self) -> tuple[Epoch, ...]:
        """What each epoch led to."""
        return self.narrow.history

    @property
    def best_epoch(self) -> int | None:
        """The epoch whose weights were kept."""
        return self.narrow.best_epoch

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        return self.narrow.predict(self.projection.apply(x))

    def export(self) -> bytes:
        """Write the ONNX graph, the projection first."""
        return self.projection.draw(self.narrow.export())

    def widened(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Spread shares [n, plain + k] over the whole input [n, width]: those of a text go to its first column."""
        given = self.projection.given
        made = np.zeros((len(values), given.width))
        made[:, given.plain] = values[:, : len(given.plain)]
        start = len(given.plain)
        for text, table in self.projection.pairs():
            made[:, text.ids[0]] = values[:, start : start + table.shape[1]].sum(axis=1)
            start += table.shape[1]
        return made
