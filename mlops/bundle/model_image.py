"""A bundle as an image of a container: data alone, at `/models/NAME`, whose digest follows from the bundle.

No builder and no registry is asked: whoever has the bundle knows the digest, and whoever has the image can be held to
it. The layer is a gzip of stored blocks, since a compressor's output depends on its release; registry clients take it
as compressed already and leave it as it is. https://github.com/opencontainers/image-spec, version 1.1.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops.bundle.contents import Contents
from mlops.bundle.manifest import NAME
from mlops.errors import ConfigurationError

PLACE = "models"
"""The image's only folder, with one folder in it, of the pipeline's name."""
_OCI = "application/vnd.oci.image"
_ARCHITECTURES = ("amd64", "arm64")  # a node takes the entry of its own, though data is the same everywhere
_STORED = 0xFFFF  # bytes of a block that deflate does not compress
_LARGEST = 0o77777777777  # bytes of a file that the eleven octal digits of USTAR can say: one less than 8 GiB


@dataclass(frozen=True)
class ModelImage:
    """An image as an OCI layout: files by path, and the digest that a registry knows it by."""

    digest: str
    files: Mapping[str, bytes]


def model_image(pipeline: str, contents: Contents) -> ModelImage:
    """Lay out the image of a bundle; the same bundle gives the same bytes.

    Example:
        >>> model_image("churn", Contents.read(folder)).digest  # doctest: +SKIP
        'sha256:4f0c…'

    Raises:
        ConfigurationError: a file is larger than what every reader of archives takes.
    """
    tar = _tar(pipeline, {**contents.files, NAME: contents.manifest.dumps()})
    blobs: dict[str, bytes] = {}
    layer = _put(blobs, f"{_OCI}.layer.v1.tar+gzip", stored(tar))
    manifests = []
    for architecture in _ARCHITECTURES:
        config = _put(blobs, f"{_OCI}.config.v1+json", _config(pipeline, contents.digest, architecture, tar))
        document = {"schemaVersion": 2, "mediaType": f"{_OCI}.manifest.v1+json", "config": config, "layers": [layer]}
        entry = _put(blobs, f"{_OCI}.manifest.v1+json", _json(document))
        manifests.append(entry | {"platform": {"architecture": architecture, "os": "linux"}})
    index = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": manifests}
    whole = _put(blobs, f"{_OCI}.index.v1+json", _json(index))
    files = {f"blobs/{digest.replace(':', '/')}": data for digest, data in sorted(blobs.items())}
    files["index.json"] = _json({"schemaVersion": 2, "manifests": [whole]})
    files["oci-layout"] = _json({"imageLayoutVersion": "1.0.0"})
    return ModelImage(str(whole["digest"]), files)


def stored(data: bytes) -> bytes:
    """Wrap bytes as a gzip file that compresses nothing: the same bytes whatever writes them.

    Example:
        >>> import gzip
        >>> gzip.decompress(stored(b"bundle"))
        b'bundle'
    """
    return b"".join((b"\x1f\x8b\x08\0\0\0\0\0\0\xff", *_blocks(data), _trailer(zlib.crc32(data), len(data))))


def _trailer(checksum: int, size: int) -> bytes:
    """End a gzip file; of a size from 4 GiB on it has the last 32 bits (RFC 1952, 2.3.1)."""
    return struct.pack("<II", checksum, size & 0xFFFFFFFF)


def _blocks(data: bytes) -> Iterator[bytes]:
    """Cut into deflate's stored blocks (RFC 1951, 3.2.4), the last of which says so."""
    for start in range(0, len(data), _STORED) or (0,):
        block = data[start : start + _STORED]
        yield struct.pack("<BHH", start + _STORED >= len(data), len(block), len(block) ^ 0xFFFF)
        yield block


def _tar(pipeline: str, files: Mapping[str, bytes]) -> bytes:
    """Pack the files as root's, to be read by everyone and written by nobody, of no time."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in (PLACE, f"{PLACE}/{pipeline}"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o555
            tar.addfile(entry)
        for name, data in sorted(files.items()):
            if len(data) > _LARGEST:
                said = f"{name} has {len(data):,} bytes, and a file of an image at most {_LARGEST:,}"
                raise ConfigurationError(said, hint="mlops image NAME builds an image of server and bundle instead")
            entry = tarfile.TarInfo(f"{PLACE}/{pipeline}/{name}")
            entry.size, entry.mode = len(data), 0o444
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def _config(pipeline: str, bundle: str, architecture: str, tar: bytes) -> bytes:
    labels = {"org.opencontainers.image.title": pipeline, "org.opencontainers.image.version": bundle}
    return _json(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [_digest(tar)]},
            "history": [{"created_by": "mlops"}],
        }
    )


def _put(blobs: dict[str, bytes], media: str, data: bytes) -> dict[str, Any]:
    """Add a blob, and describe it."""
    digest = _digest(data)
    blobs[digest] = data
    return {"mediaType": media, "digest": digest, "size": len(data)}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
