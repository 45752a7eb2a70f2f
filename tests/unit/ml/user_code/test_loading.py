from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import ConfigurationError
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Problem
from mlops.ml.training.session import Fitted
from mlops.ml.user_code.origin import Origin
from tests.builders.training import binary, session

pytestmark = pytest.mark.slow

DATA = binary()
PROBLEM = Problem.of("binary", DATA)
MODULE = """
import pytorch_lightning as pl
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn


class Wide(pl.LightningModule):
    def __init__(self, shape, width=4, fail=False):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(shape[0], width), nn.ReLU(), nn.Linear(width, 1))
        self.fail = fail

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, index):
        x, y = batch
        if self.fail:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return nn.functional.binary_cross_entropy_with_logits(self(x).squeeze(-1), y.float())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.02)


def scaled(c=1.0):
    return make_pipeline(StandardScaler(), LogisticRegression(C=c))
"""


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    folder = tmp_path / "pipelines" / "churn"
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(MODULE, encoding="utf-8")
    return Origin(tmp_path, "churn")


def fit(origin: Origin, kind: str, **parameters: Any) -> Fitted:
    return candidates.build("own", Asked(kind=kind, **parameters), PROBLEM, origin).fit(DATA, session())


@pytest.mark.parametrize(("kind", "parameters"), [("Wide", {"width": 8}), ("scaled", {"c": 0.5})])
def test_a_class_or_function_of_the_pipeline_is_a_kind(origin: Origin, kind: str, parameters: dict[str, Any]) -> None:
    fitted = fit(origin, f"pipelines.churn.model:{kind}", **parameters)
    scores = fitted.predict(DATA.validation_x)
    assert scores.shape == (len(DATA.validation_y),)
    assert export.check_parity("own", fitted.export(), DATA.validation_x, scores) < 1e-5


TOLD = """
from sklearn.ensemble import ExtraTreesClassifier
from {place} import Problem, Task


def trees(problem: Problem, task: Task):
    assert isinstance(problem, Problem)
    return ExtraTreesClassifier(5, max_features=problem.shape[0], random_state=len(task))
"""


@pytest.mark.parametrize("place", ["mlops.api", "mlops.ml.training.problem"])
def test_what_a_model_is_told_has_a_name_that_stays(origin: Origin, place: str) -> None:
    """The second is where it stood before `mlops.api`: should it move, a module that warns has to stay there."""
    (origin.root / "pipelines/churn/told.py").write_text(TOLD.format(place=place), encoding="utf-8")
    fitted = fit(origin, "pipelines.churn.told:trees")
    assert fitted.predict(DATA.validation_x).shape == (len(DATA.validation_y),)
    with pytest.raises(ConfigurationError) as caught:
        fit(origin, "pipelines.churn.told:Problem")
    assert caught.value.message == "`pipelines.churn.told:Problem` is mlops.ml.training.problem.Problem by another name"


def test_the_code_is_this_repositorys_even_after_anothers(origin: Origin, tmp_path: Path) -> None:
    fit(origin, "pipelines.churn.model:scaled")
    other = tmp_path / "other"
    (other / "pipelines" / "churn").mkdir(parents=True)
    (other / "pipelines" / "churn" / "model.py").write_text("def elsewhere(): ...\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="the module has no such class"):
        fit(Origin(other, "churn"), "pipelines.churn.model:scaled")
    assert str(tmp_path) not in sys.path


@pytest.mark.parametrize(
    "kind",
    ["os:system", "pipelines.other.model:Wide", "torch.nn:Linear", "pipelines.churn:Wide", "pipelines.churn.model:a.b"],
)
def test_code_from_anywhere_else_is_refused(origin: Origin, kind: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        fit(origin, kind)
    assert caught.value.message == f"kind `{kind}` is neither a known kind nor a class of this pipeline"
    assert caught.value.hint == "write pipelines.churn.<module>:<Class> for a class in pipelines/churn/"


def test_a_link_out_of_the_folder_is_refused(origin: Origin, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("def make(): ...\n", encoding="utf-8")
    (tmp_path / "pipelines" / "churn" / "linked.py").symlink_to(outside)
    with pytest.raises(ConfigurationError, match="is not in pipelines/churn/$"):
        fit(origin, "pipelines.churn.linked:make")


def test_an_unknown_parameter_is_named(origin: Origin) -> None:
    with pytest.raises(ConfigurationError) as caught:
        fit(origin, "pipelines.churn.model:Wide", widht=8)
    assert caught.value.message == "candidate own: pipelines.churn.model:Wide has no parameter `widht`"
    assert caught.value.hint == "did you mean `width`? also there: fail, shape"


def test_an_unknown_class_is_named_and_absent_modules_too(origin: Origin) -> None:
    with pytest.raises(ConfigurationError) as caught:
        fit(origin, "pipelines.churn.model:Wyde")
    assert caught.value.message == "kind `pipelines.churn.model:Wyde`: the module has no such class"
    assert caught.value.hint.startswith("did you mean `Wide`?")
    with pytest.raises(ConfigurationError) as caught:
        fit(origin, "pipelines.churn.absent:Wide")
    assert caught.value.message == (
        "kind `pipelines.churn.absent:Wide`: ModuleNotFoundError: No module named 'pipelines.churn.absent'"
    )


def test_what_goes_wrong_in_it_is_told_with_file_and_line(origin: Origin) -> None:
    line = 1 + MODULE.splitlines().index('            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")')
    with pytest.raises(ConfigurationError) as caught:
        fit(origin, "pipelines.churn.model:Wide", fail=True)
    assert caught.value.message == (
        f"candidate own: pipelines/churn/model.py:{line}: RuntimeError: mat1 and mat2 shapes cannot be multiplied"
    )
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_exit_of_it_does_not_end_the_stage_without_a_word(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "pipelines" / "churn" / "leaving.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"pipelines/churn/leaving\.py:1: SystemExit: 0$"):
        fit(origin, "pipelines.churn.leaving:Wide")
