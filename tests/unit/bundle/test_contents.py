from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mlops.bundle.contents import Contents, verify
from mlops.bundle.manifest import Manifest
from mlops.bundle.predictor import Predictor
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file, dumps
from tests.builders.bundles import make_bundle, manifest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle")


def problems(folder: Path) -> list[str]:
    with pytest.raises(IntegrityError) as caught:
        verify(folder)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_bundle_is_named_by_the_bytes_of_its_manifest(bundle: Path) -> None:
    assert verify(bundle) == digest_file(bundle / "manifest.json")
    assert verify(bundle, digest_file(bundle / "manifest.json")) == Contents.read(bundle).digest


def test_the_same_parts_make_the_same_bundle_anywhere(bundle: Path, tmp_path: Path) -> None:
    assert verify(make_bundle(tmp_path / "deeper" / "elsewhere")) == verify(bundle)
    assert str(tmp_path) not in (bundle / "manifest.json").read_text()


def test_one_changed_bit_in_any_file_is_found(bundle: Path) -> None:
    for name in manifest_of(bundle)["files"]:
        path = bundle / name
        before = path.read_bytes()
        middle = len(before) // 2
        path.write_bytes(before[:middle] + bytes([before[middle] ^ 1]) + before[middle + 1 :])
        assert problems(bundle) == [f"{name} has other bytes than when it was made"]
        path.write_bytes(before)
    verify(bundle)


def test_every_problem_is_named_at_once(bundle: Path) -> None:
    (bundle / "golden.json").unlink()
    (bundle / "profile.json").rename(bundle / "PROFILE.json")
    (bundle / "schema.json").write_bytes(b"{}")
    (bundle / ".hidden").write_bytes(b"")
    (bundle / "sub").mkdir()
    (bundle / "model.json").rename(bundle.parent / "model.json")
    (bundle / "model.json").symlink_to(bundle.parent / "model.json")
    (bundle / "requirements.txt").unlink()
    os.mkfifo(bundle / "requirements.txt")
    assert problems(bundle) == [
        "'.hidden' is not in the manifest",
        "'PROFILE.json' is not in the manifest",
        "'sub' is not in the manifest",
        "golden.json is missing",
        "model.json is a link",
        "profile.json is missing",
        "requirements.txt is not a plain file",
        f"schema.json has 2 bytes but must have {manifest_of(bundle)['files']['schema.json']['size']:,}",
    ]


def test_a_folder_in_place_of_a_file_is_found(bundle: Path) -> None:
    (bundle / "profile.json").unlink()
    (bundle / "profile.json").mkdir()
    assert problems(bundle) == ["profile.json is not a plain file"]


@pytest.mark.parametrize("part", ["model.onnx", "transform.json", "golden.json"])
def test_a_part_of_another_valid_bundle_is_found(bundle: Path, tmp_path: Path, part: str) -> None:
    other = make_bundle(tmp_path / "other", task="regression", seed=9)
    shutil.copyfile(other / part, bundle / part)
    assert [problem.split()[0] for problem in problems(bundle)] == [part]


def test_another_valid_bundle_is_not_the_expected_one(bundle: Path, tmp_path: Path) -> None:
    digest = verify(make_bundle(tmp_path / "other", seed=9))
    with pytest.raises(IntegrityError) as caught:
        verify(bundle, digest)
    assert str(caught.value) == f"the bundle in {bundle} is {verify(bundle)} but must be {digest}"


def rename_file(manifest: dict[str, Any], name: str) -> None:
    manifest["files"][name] = manifest["files"].pop("profile.json")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m: rename_file(m, "../card.md"), "manifest.json names files no bundle may have: '../card.md'"),
        (lambda m: rename_file(m, "/etc/passwd"), "manifest.json names files no bundle may have: '/etc/passwd'"),
        (lambda m: rename_file(m, "a/card.md"), "manifest.json names files no bundle may have: 'a/card.md'"),
        (lambda m: rename_file(m, "card.md\n"), "manifest.json names files no bundle may have: 'card.md\\n'"),
        (lambda m: rename_file(m, "Card.md"), "manifest.json names files no bundle may have: 'Card.md'"),
        (lambda m: rename_file(m, "manifest.json"), "manifest.json names files no bundle may have: 'manifest.json'"),
        (lambda m: m["files"].pop("model.onnx"), "manifest.json does not name model.onnx"),
        (lambda m: m["files"].pop("profile.json"), "manifest.json does not name profile.json"),
        (lambda m: m["files"].pop("requirements.txt"), "manifest.json does not name requirements.txt"),
        (
            lambda m: m["files"].update({"gate.json": m["files"]["golden.json"]}),
            "manifest.json names gate.json, which is about content and no part of it",
        ),
        (lambda m: m.update(identity={}), "manifest.json of version 2 may not have an `identity`"),
        (lambda m: m.update(schema_version=1), "manifest.json of version 1 has no `identity`"),
        (lambda m: m.update(schema_version=3), "manifest.json has schema_version 3, this tool reads 1 and 2"),
        (lambda m: m.pop("schema_version"), "manifest.json has schema_version None, this tool reads 1 and 2"),
        (lambda m: m.update(extra=1), "manifest.json is not a manifest"),
        (lambda m: m["files"]["profile.json"].update(sha256="ABC"), "manifest.json is not a manifest"),
    ],
)
def test_a_manifest_that_promises_something_else_is_refused(
    bundle: Path, spoil: Callable[[dict[str, Any]], None], message: str
) -> None:
    manifest = manifest_of(bundle)
    spoil(manifest)
    (bundle / "manifest.json").write_text(dumps(manifest))
    with pytest.raises(IntegrityError) as caught:
        verify(bundle)
    assert str(caught.value) == message


@pytest.mark.parametrize("data", [b"", b"[]", b"\x80\x04", b"[" * 100_000, b"1"])
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"^manifest\.json is not a manifest$"):
        Manifest.parse(data)


def test_a_manifest_spelled_otherwise_is_refused(bundle: Path) -> None:
    (bundle / "manifest.json").write_text(json.dumps(manifest_of(bundle)))
    with pytest.raises(IntegrityError, match=r"manifest\.json was rewritten"):
        verify(bundle)


def test_a_linked_or_absent_manifest_is_refused(bundle: Path) -> None:
    (bundle / "manifest.json").rename(bundle.parent / "m.json")
    with pytest.raises(IntegrityError, match=r"has no manifest\.json: it is not a bundle"):
        verify(bundle)
    (bundle / "manifest.json").symlink_to(bundle.parent / "m.json")
    with pytest.raises(IntegrityError, match="is not a plain file"):
        verify(bundle)


def test_an_absent_folder_is_not_called_tampering(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="there is no bundle at"):
        verify(tmp_path / "nothing")


def test_nothing_is_loaded_from_a_tampered_bundle(bundle: Path) -> None:
    (bundle / "model.onnx").write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"model\.onnx has 1 bytes"):
        Predictor.open(bundle)
