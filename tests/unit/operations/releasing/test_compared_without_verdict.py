"""A bundle that brings no verdict, or a damaged one, is told in words before it is compared with anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.bundle.papers import Papers
from mlops.configuration.project import Project
from mlops.errors import IntegrityError
from mlops.operations.releasing.compared import compared_with_live
from mlops.release.tracking import connection

BUNDLE, LIVE = "sha256:" + "d" * 64, "sha256:" + "e" * 64


@pytest.mark.parametrize(
    "files", [{}, {"gate.json": b"{"}, {"gate.json": b"[]"}, {"gate.json": b'{"verdict": "pass", "rules": [7]}'}]
)
def test_a_bundle_without_a_verdict_is_not_compared(tmp_path: Path, files: dict[str, bytes]) -> None:
    papers = Papers(BUNDLE, files, {})
    with pytest.raises(IntegrityError) as caught:
        compared_with_live(tmp_path, Project(name="shop"), papers, "tiny", LIVE, connection)
    assert caught.value.message == "tiny: the bundle sha256:dddddddddddd… brings no verdict that can be read"
    assert caught.value.hint == "mlops run tiny makes one that is judged"
