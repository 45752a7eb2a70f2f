"""The text of a model of LightGBM, changed so that single precision and missing numbers mean the same in ONNX.

https://github.com/lightgbm-org/LightGBM, src/io/tree.cpp, `Tree::ToString`, has the format.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# Bits of a branching's `decision_type`, of the same file.
_CATEGORICAL, _LEFT, _MISSING, _NAN = 1, 2, 12, 8
_SIZES = "tree_sizes="  # of the trees in bytes; LightGBM counts anew where the line is absent


def exact(text: str) -> str:
    """Round the thresholds of numbers down to single precision, and say of every number where a missing one goes.

    A row of single-precision numbers is at most a threshold exactly when it is at most that rounded one, so no answer
    changes; without it, a threshold rounded up would send rows down the other branch. Where no number of a column was
    missing in training, LightGBM takes a missing one for 0; here it goes where most of the training rows went.
    """
    lines = [line for line in text.split("\n") if not line.startswith(_SIZES)]
    blocks = "\n".join(lines).split("\n\n")
    return "\n\n".join(_tree(block) if block.lstrip().startswith("Tree=") else block for block in blocks)


def _tree(block: str) -> str:
    said = dict(line.partition("=")[::2] for line in block.split("\n") if "=" in line)
    kinds = [int(each) for each in said.get("decision_type", "").split()]
    if not kinds:  # a tree of one leaf
        return block
    rows = _Rows(said)
    changed = {
        "threshold": [
            value if kind & _CATEGORICAL else repr(_below(float(value)))
            for value, kind in zip(said["threshold"].split(), kinds, strict=True)
        ],
        "decision_type": [str(_decided(kind, rows.left(node))) for node, kind in enumerate(kinds)],
    }
    return "\n".join(_line(line, changed) for line in block.split("\n"))


def _line(line: str, changed: Mapping[str, list[str]]) -> str:
    key = line.partition("=")[0]
    return f"{key}={' '.join(changed[key])}" if key in changed else line


def _decided(kind: int, left: bool) -> int:
    """Say the kind of a branching where missing numbers have a way of their own."""
    if kind & _CATEGORICAL or kind & _MISSING:
        return kind
    return (kind & ~_LEFT) | (_LEFT if left else 0) | _NAN


class _Rows:
    """How many training rows came to each node of a tree."""

    def __init__(self, said: dict[str, str]) -> None:
        names = ("left_child", "right_child", "internal_count", "leaf_count")
        self._left, self._right, self._inner, self._leaves = ([int(v) for v in said[name].split()] for name in names)

    def left(self, node: int) -> bool:
        """Whether at least as many went left as right."""
        return self._of(self._left[node]) >= self._of(self._right[node])

    def _of(self, child: int) -> int:
        return self._inner[child] if child >= 0 else self._leaves[~child]


def _below(number: float) -> float:
    near = np.float32(number)
    return float(near if float(near) <= number else np.nextafter(near, np.float32(-np.inf)))
