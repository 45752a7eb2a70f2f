"""An ensemble as a model: its mean, its graph, what a row costs it, its shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlops.errors import IntegrityError
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.attributions import attribute
from mlops.ml.training.ensemble import EnsembleCandidate, FittedEnsemble, Member
from mlops.ml.training.ensemble_graph import weighted
from mlops.ml.training.graph_cost import cost
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.seeds import derive
from mlops.ml.training.slow import slow
from tests.builders.exporting import one_table_of_operators
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, binary, images, regression, session

TASKS = {"binary": (binary, AUROC), "multiclass": (images, ACCURACY), "regression": (regression, RMSE)}
LINEAR, FOREST, NET = {"kind": "linear"}, {"kind": "random_forest", "trees": 5}, {"kind": "mlp", "hidden": [4]}


def learnt(task: str, *kinds: dict[str, object]) -> tuple[Examples, FittedEnsemble]:
    make, judge = TASKS[task]
    examples = make(80)
    problem = Problem.of(task, examples)
    members = tuple(
        Member(f"m{at}", candidates.build("m", Asked.model_validate(kind), problem, NOWHERE), derive(0, at), at + 1)
        for at, kind in enumerate(kinds)
    )
    return examples, EnsembleCandidate(members).fit(examples, session(judge))


@pytest.mark.parametrize("task", TASKS)
def test_the_graph_is_the_mean_of_its_members_to_the_bit(task: str) -> None:
    examples, fitted = learnt(task, LINEAR, FOREST)
    with one_table_of_operators():
        parts, model = [member.export() for member in fitted.members], fitted.export()
    for x in (examples.validation_x[:1], examples.validation_x):
        answers = [export.run(part, x).astype(np.float64) for part in parts]
        expected = ((answers[0] * 1 + answers[1] * 2) / 3).astype(np.float32)
        assert (export.run(model, x) == expected).all()
    np.testing.assert_allclose(fitted.predict(x), expected, rtol=1e-4, atol=1e-5)
    assert model == weighted(parts, (1, 2))


def test_a_member_is_trained_as_it_would_be_alone() -> None:
    examples, fitted = learnt("binary", LINEAR, FOREST)
    problem = Problem.of("binary", examples)
    alone = candidates.build("m", Asked.model_validate(FOREST), problem, NOWHERE)
    found = alone.fit(examples, replace(session(AUROC), name="m1", seed=derive(0, 1)))
    assert (found.predict(examples.validation_x) == fitted.members[1].predict(examples.validation_x)).all()


def test_graphs_of_other_rows_are_not_put_into_one() -> None:
    _, flat = learnt("binary", LINEAR, LINEAR)
    _, other = learnt("multiclass", LINEAR, LINEAR)
    with pytest.raises(IntegrityError) as caught:
        weighted([flat.members[0].export(), other.members[0].export()], (1, 1))
    assert caught.value.message == "graphs of inputs (6,) and (1, 8, 8) cannot be put into one"


@pytest.mark.slow
def test_an_ensemble_takes_as_long_as_its_slowest_member() -> None:
    examples = binary(40)
    problem = Problem.of("binary", examples)
    made = [candidates.build("m", Asked.model_validate(kind), problem, NOWHERE) for kind in (LINEAR, NET)]
    members = [Member("m", each, 0, 1) for each in made]
    assert not slow(EnsembleCandidate((members[0], members[0])))
    assert slow(EnsembleCandidate(tuple(members)))


def test_a_graph_costs_its_weights_and_the_depths_of_its_trees() -> None:
    _, fitted = learnt("binary", LINEAR, FOREST)
    line, forest = (cost(member.export()) for member in fitted.members)
    depths = [tree.tree_.max_depth for tree in fitted.members[1].estimator.estimators_]
    assert line.operations == 12  # six weights for each of two classes
    assert forest.operations == sum(depths)
    assert line.size == len(fitted.members[0].export())


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_shares_of_members_add_up_to_the_score_of_all(task: str) -> None:
    pytest.importorskip("shap")
    examples, fitted = learnt(task, LINEAR, FOREST, {"kind": "gradient_boosting", "trees": 5})
    x = examples.validation_x[:20]
    found = attribute(fitted, x, examples.train_x)
    assert found.unit == ("probability" if task == "binary" else "target")
    assert found.method == "mean of members: linear SHAP, SHAP"
    np.testing.assert_allclose(found.output, fitted.predict(x), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base, found.output, rtol=1e-4, atol=1e-4)
