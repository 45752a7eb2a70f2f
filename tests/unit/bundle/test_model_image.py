"""A bundle as an image: its digest follows from the bundle, and any reader of OCI layouts finds the bundle in it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlops.bundle import model_image as module
from mlops.bundle.contents import Contents, verify
from mlops.bundle.model_image import ModelImage, model_image, stored
from mlops.errors import ConfigurationError
from tests.builders.bundles import make_bundle


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents.read(make_bundle(tmp_path_factory.mktemp("made") / "bundle"))


@pytest.fixture(scope="module")
def image(contents: Contents) -> ModelImage:
    return model_image("churn", contents)


def blob(image: ModelImage, described: dict[str, Any]) -> bytes:
    """Follow a descriptor, and hold the blob to it."""
    data = image.files[f"blobs/{described['digest'].replace(':', '/')}"]
    assert len(data) == described["size"]
    assert f"sha256:{hashlib.sha256(data).hexdigest()}" == described["digest"]
    return data


def manifests(image: ModelImage) -> list[dict[str, Any]]:
    (whole,) = json.loads(image.files["index.json"])["manifests"]
    assert whole["digest"] == image.digest
    return list(json.loads(blob(image, whole))["manifests"])


def test_every_blob_is_what_names_it_and_none_is_left_over(image: ModelImage) -> None:
    found = {image.digest}
    for entry in manifests(image):
        document = json.loads(blob(image, entry))
        layers = [blob(image, layer) for layer in document["layers"]]
        config = json.loads(blob(image, document["config"]))
        assert config["rootfs"]["diff_ids"] == [
            f"sha256:{hashlib.sha256(gzip.decompress(layer)).hexdigest()}" for layer in layers
        ]
        assert config["architecture"] == entry["platform"]["architecture"]
        found |= {entry["digest"], document["config"]["digest"], *(layer["digest"] for layer in document["layers"])}
    assert {f"blobs/{digest.replace(':', '/')}" for digest in found} | {"index.json", "oci-layout"} == set(image.files)


def test_what_is_unpacked_is_the_bundle_and_belongs_to_nobody(
    image: ModelImage, contents: Contents, tmp_path: Path
) -> None:
    (layer,) = json.loads(blob(image, manifests(image)[0]))["layers"]
    with tarfile.open(fileobj=io.BytesIO(blob(image, layer)), mode="r:gz") as tar:
        members = tar.getmembers()
        tar.extractall(tmp_path, filter="data")
    assert verify(tmp_path / "models/churn", contents.digest) == contents.digest
    assert {(each.uid, each.gid, each.mtime) for each in members} == {(0, 0, 0)}
    assert {each.mode & 0o222 for each in members} == {0}
    assert [each.name for each in members if each.isdir()] == ["models", "models/churn"]


def test_the_same_bundle_gives_the_same_image_and_another_bundle_another(
    image: ModelImage, contents: Contents, tmp_path: Path
) -> None:
    assert model_image("churn", contents) == image
    assert model_image("other", contents).digest != image.digest
    assert model_image("churn", Contents.read(make_bundle(tmp_path / "bundle", seed=2))).digest != image.digest


def test_the_label_names_the_bundle(image: ModelImage, contents: Contents) -> None:
    config = json.loads(blob(image, json.loads(blob(image, manifests(image)[0]))["config"]))
    assert config["config"]["Labels"]["org.opencontainers.image.version"] == contents.digest


@given(st.binary(max_size=300))
@example(b"")
@example(b"a" * 0xFFFF)
@example(b"a" * 0x10000)
@example(bytes(range(256)) * 600)
def test_any_gzip_reads_what_was_stored(data: bytes) -> None:
    assert gzip.decompress(stored(data)) == data


@pytest.mark.parametrize(
    ("size", "said"), [(5, 5), (2**32 - 1, 2**32 - 1), (2**32, 0), (2**32 + 7, 7), (3 * 2**32 + 1, 1)]
)
def test_a_layer_of_four_gibibytes_ends_as_gzip_says_it(size: int, said: int) -> None:
    """What Python's own writer ends such a file with, told of a size without its bytes."""
    assert module._trailer(0xCAFE, size) == struct.pack("<LL", 0xCAFE, said)
    empty = stored(b"")
    assert gzip.decompress(empty[:-8] + module._trailer(0, size & ~0xFFFFFFFF)) == b""


def test_a_file_that_no_archive_can_say_the_size_of_is_refused(
    contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = max(len(data) for data in contents.files.values())
    name = next(name for name, data in sorted(contents.files.items()) if len(data) == longest)
    monkeypatch.setattr(module, "_LARGEST", longest)
    assert model_image("churn", contents).digest
    monkeypatch.setattr(module, "_LARGEST", longest - 1)
    with pytest.raises(ConfigurationError) as caught:
        model_image("churn", contents)
    assert caught.value.message == f"{name} has {longest:,} bytes, and a file of an image at most {longest - 1:,}"
