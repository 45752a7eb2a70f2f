"""A model of XGBoost as JSON: its trees, and what they answer before any tree.

https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html has the schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def trees(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the trees, in the order in which their answers are added up."""
    found: list[dict[str, Any]] = told["learner"]["gradient_booster"]["model"]["trees"]
    return found


def places(told: Mapping[str, Any]) -> list[int]:
    """Say of each tree which of the answers (the classes of a multiclass task) it adds to."""
    found: list[int] = told["learner"]["gradient_booster"]["model"]["tree_info"]
    return found


def start(told: Mapping[str, Any], outputs: int) -> list[float]:
    """Give what is answered before any tree, [outputs]: log-odds of classes, else a number.

    Of two classes the file has the probability. XGBoost 3.1 and later write a list, of one number where all are equal.
    """
    learner = told["learner"]
    said = np.atleast_1d(np.asarray(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float32))
    if learner["objective"]["name"] == "binary:logistic":
        said = -np.log(1 / said - 1)
    return [float(each) for each in np.broadcast_to(said, (outputs,))]


def directed(told: dict[str, Any], gaps: NDArray[np.bool_]) -> dict[str, Any]:
    """Send a missing number the way of most training rows where its column `gaps` [features] had none.

    XGBoost sends it to the right there, whatever is on that side.
    """
    for tree in trees(told):
        left, right, weight = tree["left_children"], tree["right_children"], tree["sum_hessian"]
        for node, feature in enumerate(tree["split_indices"]):
            if left[node] >= 0 and not tree["split_type"][node] and not gaps[feature]:
                tree["default_left"][node] = int(weight[left[node]] >= weight[right[node]])
    return told


def sets(tree: Mapping[str, Any]) -> dict[int, Sequence[int]]:
    """Give of each branching by sets of levels those that go right."""
    found = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    return {node: tree["categories"][first : first + size] for node, first, size in found}
