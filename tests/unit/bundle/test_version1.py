"""Bundles of version 1, which carry their papers in themselves: read, served and released as before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents, verify
from mlops.bundle.papers import Papers
from mlops.bundle.predictor import Predictor
from mlops.errors import IntegrityError
from mlops.monitor.reference import Reference
from mlops.operations.live.bundles import prove
from mlops.operations.live.papers import papers_of
from mlops.serve.app import create
from tests.builders.bundles import VERSION1, make_bundle
from tests.builders.client import Client

DIGEST = "sha256:3d63d4fe58d3038f98086a5dcc216808e2370a7b9032264140e795ec16d94147"


def test_it_keeps_its_name_and_proves_itself() -> None:
    contents = prove(VERSION1, "tiny", DIGEST)
    assert (contents.manifest.schema_version, contents.digest) == (1, verify(VERSION1))
    assert Predictor.load(contents).task == "binary"


def test_it_is_served() -> None:
    rows = json.loads((VERSION1 / "golden.json").read_bytes())
    client = Client(create(VERSION1, expected=DIGEST))
    said = client.post("/invocations", json={"dataframe_records": rows["rows"]}).json()
    assert said["predictions"] == pytest.approx(rows["scores"], abs=1e-6)


def test_its_papers_are_in_it(tmp_path: Path) -> None:
    contents = Contents.read(VERSION1)
    papers = papers_of(tmp_path, "tiny", contents)
    assert papers == Papers.within(contents)
    assert (papers.statement, papers.gate.verdict) == (None, "pass")
    assert papers.identity.data == "sha256:" + "1" * 64
    assert Papers.within(Contents.read(make_bundle(tmp_path / "bundle"))) is None


def test_it_is_watched_by_its_own_profile() -> None:
    reference = Reference.of(Contents.read(VERSION1))
    assert (reference.bundle, reference.rows, reference.score_rows) == (DIGEST, 60, 60)


def test_one_changed_byte_is_found(tmp_path: Path) -> None:
    shutil.copytree(VERSION1, tmp_path / "bundle")
    (tmp_path / "bundle" / "gate.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"gate\.json has 2 bytes"):
        verify(tmp_path / "bundle")
