"""Bundles that earlier versions made, one of every kind, are served on, with the answers they gave then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.golden import Golden
from mlops.bundle.predictor import Predictor
from mlops.errors import IntegrityError
from mlops.models import MODELS
from tests.kept.make import HERE, unpack

KEPT = sorted(HERE.glob("*/*.zip"))


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: f"{kept.parent.name}-{kept.stem}")
def test_what_an_earlier_version_packaged_answers_as_it_did(kept: Path, tmp_path: Path) -> None:
    folder = unpack(kept, tmp_path / "bundle")
    golden, predictor = Golden.of(Contents.read(folder)), Predictor.open(folder)
    golden.check(predictor, 1e-6)
    with pytest.raises(IntegrityError):
        Golden(golden.rows, golden.scores[::-1]).check(predictor, 1e-6)


def test_one_of_every_kind_is_kept(tmp_path: Path) -> None:
    made = (json.loads((unpack(kept, tmp_path / kept.stem) / "model.json").read_bytes()) for kept in KEPT)
    assert {model["kind"] for model in made} == set(MODELS)
