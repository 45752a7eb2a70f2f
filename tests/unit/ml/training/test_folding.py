from dataclasses import replace

import numpy as np
import pytest

from mlops.bundle.model import OnnxModel
from mlops.errors import IntegrityError
from mlops.ml.training import candidates, folding
from mlops.ml.training.asked import Asked
from mlops.ml.training.folding import Dealt, Folded
from mlops.ml.training.problem import Examples, Problem, Scale
from tests.builders.exporting import one_table_of_operators
from tests.builders.training import ACCURACY, AUROC, NOWHERE, RMSE, binary, images, regression, session

KINDS = {
    "linear": ({"kind": "linear"}, binary, "binary", AUROC),
    "forest": ({"kind": "random_forest", "trees": 5}, images, "multiclass", ACCURACY),
    "trees": ({"kind": "gradient_boosting", "trees": 8}, regression, "regression", RMSE),
    "mlp": ({"kind": "mlp", "hidden": [4]}, binary, "binary", AUROC),
}


def learnt(kind: str, count: int = 3) -> tuple[Examples, Folded]:
    asked, make, task, judge = KINDS[kind]
    x, y = make(60).train_x, make(60).train_y
    examples = Examples(x, y, x, y, folds=np.arange(len(y)) % count)
    problem = Problem.of(task, examples)
    candidate = candidates.build(kind, Asked.model_validate(asked), problem, NOWHERE)
    return examples, Dealt(examples.folds).fit(candidate, problem, examples, session(judge))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_answers_by_the_mean_of_its_members_and_by_each(kind: str) -> None:
    examples, fitted = learnt(kind)
    with one_table_of_operators():
        model = fitted.export()
        assert kind == "mlp" or fitted.export() == model
    graph, x = OnnxModel(model), examples.train_x
    members = graph.members(x)
    assert graph.folds == 3 == members.shape[1]
    np.testing.assert_allclose(members.mean(axis=1), graph.score(x), rtol=1e-5)
    for number, member in enumerate(fitted.members):
        np.testing.assert_allclose(members[:, number], member.predict(x), rtol=1e-4, atol=1e-4)
    assert (graph.members(x[:1]) == members[:1]).all()
    assert graph.members(x[:0]).shape == (0, *members.shape[1:])
    folding.check_parity(kind, model, fitted, x, Scale())


def test_a_member_in_anothers_place_is_found() -> None:
    examples, fitted = learnt("linear")
    turned = replace(fitted, members=(*fitted.members[1:], fitted.members[0]))
    with pytest.raises(IntegrityError, match="a member of the ONNX model of candidate linear differs"):
        folding.check_parity("linear", fitted.export(), turned, examples.train_x, Scale())


def test_a_member_learns_from_no_row_of_its_fold_nor_of_the_one_that_stops_it() -> None:
    codes = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
    x = np.arange(10, dtype=np.float32)[:, None]
    whole = Examples(x, x[:, 0], x, x[:, 0], folds=codes)
    for member in range(5):
        part = Dealt(codes).examples(whole, member)
        learnt, tuned = (set(codes[rows[:, 0].astype(int)].tolist()) for rows in (part.train_x, part.validation_x))
        assert learnt == set(range(5)) - {member, (member + 1) % 5}
        assert tuned == {(member + 1) % 5}


def test_the_members_of_a_fold_do_not_hang_on_its_rows() -> None:
    """What a member says of other rows is the same to the bit, whatever stands in the fold that it never sees."""
    examples, fitted = learnt("linear")
    x = examples.train_x.copy()
    x[examples.folds == 0] += 7
    problem = Problem.of("binary", examples)
    other = Dealt(examples.folds).fit(
        candidates.build("linear", Asked(kind="linear"), problem, NOWHERE),
        problem,
        replace(examples, train_x=x, validation_x=x),
        session(AUROC),
    )
    asked = examples.train_x
    assert (other.members[0].predict(asked) == fitted.members[0].predict(asked)).all()
    assert (other.members[1].predict(asked) != fitted.members[1].predict(asked)).any()


def test_a_candidate_is_worth_the_mean_over_the_folds_that_stopped_its_members() -> None:
    examples, fitted = learnt("linear")
    inner = fitted.inner(examples.validation_x)
    found = fitted.mean(lambda y, score, _: AUROC.compute(y, score), examples.validation_y, inner)
    each = [
        AUROC.compute(examples.train_y[rows], fitted.members[(fold - 1) % 3].predict(examples.train_x[rows]))
        for fold, rows in enumerate(examples.folds == fold for fold in range(3))
    ]
    assert found == pytest.approx(np.mean(each))
