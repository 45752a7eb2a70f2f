from __future__ import annotations

import pytest

from mlops.ml.data import label_noise


@pytest.fixture
def every_tree() -> None:
    """Estimate wrong labels with the whole forest: for tests of the estimate itself."""


@pytest.fixture(autouse=True)
def _few_trees(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimate wrong labels with a small forest where a test asks nothing of the estimate: it is most of the stage."""
    if "every_tree" not in request.fixturenames:
        monkeypatch.setattr(label_noise, "_TREES", 3)
