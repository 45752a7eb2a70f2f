"""What is in an image, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): the same context gives the same bytes.

It names what the context pins: packages by release with the hashes one of which each has, the base image, the bundle
with its files. Python itself and the shared objects that it loads are the base's.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from mlops.bundle.contents import Contents
from mlops.errors import IntegrityError
from mlops.operations.starting.pin import NAME as OURS

FILE = "bom.json"
_PACKAGE = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*)(==(?P<version>[^\s;]+)| @ file:///\S*-(?P<ours>\d[^-]*)-py3\S*)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill_of_materials(pipeline: str, base: str, requirements: str, contents: Contents) -> bytes:
    """Write the bill of materials of a pipeline's image; `requirements` are those that the image installs.

    Its serial number follows from what it says, so that it says when two differ.

    Raises:
        IntegrityError: a requirement that is no package by release and hash: the bill would lack it.
    """
    parts = [_base(base), *_packages(requirements), _bundle(pipeline, contents)]
    image = {"type": "container", "bom-ref": "image", "name": pipeline, "version": contents.digest}
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": image},
        "components": parts,
        "dependencies": [{"ref": "image", "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    return (json.dumps({**document, "serialNumber": f"urn:uuid:{serial}"}, indent=1) + "\n").encode()


def _base(base: str) -> dict[str, Any]:
    name, _, digest = base.partition("@")
    part: dict[str, Any] = {"type": "container", "bom-ref": "base", "name": name}
    return part | ({"version": digest, "hashes": [_sha256(digest.removeprefix("sha256:"))]} if digest else {})


def _packages(requirements: str) -> Iterator[dict[str, Any]]:
    """Describe what is installed: entries of a lock, each with the hashes that pip would take."""
    told = re.sub(r"(?m)^\s*#.*\n?", "", requirements)
    for entry in filter(str.strip, re.split(r"\n(?=\S)", told)):
        found = _PACKAGE.match(entry)
        hashes = [_sha256(each) for each in sorted(set(_HASH.findall(entry)))]
        if found is None or not hashes:
            message = f"`{entry.splitlines()[0].strip()}` is installed, and the bill of materials cannot name it"
            raise IntegrityError(message, hint="write NAME==VERSION --hash=sha256:..., as `uv pip compile` does")
        name, version = found["name"], found["version"] or found["ours"]
        purl = f"pkg:pypi/{name}@{version}"
        part = {"type": "application" if name == OURS else "library", "bom-ref": purl, "name": name, "version": version}
        if name == OURS:
            yield part | {"purl": purl, "hashes": hashes}
        else:
            where = {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/", "hashes": hashes}
            yield part | {"purl": purl, "externalReferences": [where]}


def _bundle(pipeline: str, contents: Contents) -> dict[str, Any]:
    """Describe the model: its digest is that of its manifest, which names each file."""
    files = [
        {"type": "file", "bom-ref": f"bundle/{name}", "name": name, "hashes": [_sha256(entry.sha256)]}
        for name, entry in sorted(contents.manifest.files.items())
    ]
    return {
        "type": "machine-learning-model",
        "bom-ref": "bundle",
        "name": pipeline,
        "version": contents.digest,
        "hashes": [_sha256(contents.digest.removeprefix("sha256:"))],
        "components": files,
    }


def _sha256(digest: str) -> Mapping[str, str]:
    return {"alg": "SHA-256", "content": digest}
