"""What a container image is built from, laid out in a folder: the same program and bundle give the same bytes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlops.bundle.contents import Contents, verify
from mlops.bundle.manifest import NAME as MANIFEST
from mlops.compiler.files import render
from mlops.errors import ConfigurationError, IntegrityError
from mlops.files.atomic import writing_folder
from mlops.operations.containers.bill_of_materials import FILE as BILL
from mlops.operations.containers.bill_of_materials import bill_of_materials
from mlops.operations.starting.pin import NAME, WHEEL
from mlops.operations.starting.wheel import PACKAGE, digest_of, download, find, installed, look_into
from mlops.operations.workspace import open_workspace
from mlops.targets import image_root
from mlops.targets.container import needed

_LOCK = PACKAGE / "locks" / "serve.txt"
_SCRIPT = Path(image_root.__file__)
_WHEELS = "give --wheels FOLDER, with the wheel in it"


@dataclass(frozen=True)
class Laid:
    """A context: its folder, the bundle in it, and the arguments of whatever builds it.

    `repository` is where it is pushed; nothing is fetched for it where it is `offline`.
    """

    folder: Path
    bundle: str
    target: str
    repository: str | None = None
    offline: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """Give what `podman build` and `docker build` are told alike."""
        return ("--build-arg", f"BUNDLE={self.bundle}", str(self.folder))


@dataclass(frozen=True)
class Wanted:
    """Which target's image, of which bundle, where; `wheels` is a folder with wheels instead of an index."""

    name: str
    bundle: Path
    folder: Path
    target: str | None = None
    wheels: Path | None = None


def lay_out(root: Path, wanted: Wanted, vouched: Callable[[Contents], None]) -> Laid:
    """Write what an image is built from, its bill of materials too, into a folder that replaces one laid out before.

    Raises:
        ConfigurationError: the pipeline has no such target; the folder holds something else.
        IntegrityError: the bundle is not what its manifest says, or nobody vouches for it.
        InfrastructureError: the program's own wheel is nowhere to be had.
    """
    key, said, dockerfile = _dockerfile(root, wanted.name, wanted.target)
    _refuse_another(wanted.folder)
    contents = Contents.read(wanted.bundle)
    vouched(contents)
    with writing_folder(wanted.folder) as folder:
        (folder / "wheels").mkdir()
        wheel = _wheels(wanted.wheels, folder / "wheels")
        (folder / "Dockerfile").write_text(dockerfile)
        told = requirements(_LOCK.read_text("utf-8"), wheel.name, digest_of(wheel))
        (folder / "requirements.txt").write_text(told)
        (folder / BILL).write_bytes(bill_of_materials(wanted.name, str(said["base"]), told, contents))
        shutil.copyfile(_SCRIPT, folder / _SCRIPT.name)
        (folder / "bundle").mkdir()
        for name, data in contents.files.items():
            (folder / "bundle" / name).write_bytes(data)
        shutil.copyfile(wanted.bundle / MANIFEST, folder / "bundle" / MANIFEST)
        verify(folder / "bundle", contents.digest)
        _settle(folder)
    return Laid(wanted.folder, contents.digest, key, said.get("repository"), offline=wanted.wheels is not None)


def lay_out_pushed(root: Path, wanted: Wanted, vouched: Callable[[Contents], None]) -> tuple[Laid, ...]:
    """Lay out every container of a pipeline that is pushed, each below FOLDER/PIPELINE; none where none is.

    Raises:
        MlopsError: as `lay_out`.
    """
    (pipeline,) = open_workspace(root, (wanted.name,)).plan.pipelines
    pushed = [
        key for key, target in pipeline.deployed.items() if target.kind == "container" and target.said.get("repository")
    ]
    places = ((key, wanted.folder / wanted.name / key) for key in sorted(pushed))
    return tuple(lay_out(root, replace(wanted, target=key, folder=folder), vouched) for key, folder in places)


def _dockerfile(root: Path, name: str, key: str | None) -> tuple[str, Mapping[str, Any], str]:
    """Give the container that is meant: its key, what YAML says of it, and its compiled Dockerfile."""
    workspace = open_workspace(root, (name,))
    (pipeline,) = workspace.plan.pipelines
    found = [each for each, target in pipeline.deployed.items() if target.kind == "container"]
    if key is None and len(found) == 1:
        key = found[0]
    if key is None or key not in found:
        if not found:
            hint = f"write `deploy: {{container: {{kind: container, base: IMAGE@sha256:...}}}}` in {pipeline.source}"
            raise ConfigurationError(f"{name} has no target of the kind `container`", hint=hint)
        message = f"{name} has several containers" if key is None else f"{name} has no container `{key}`"
        raise ConfigurationError(message, hint=f"--target {' or '.join(found)}")
    return key, pipeline.deployed[key].said, render(workspace.plan)[f"{pipeline.folder}/deploy/{key}/Dockerfile"]


def _refuse_another(folder: Path) -> None:
    if folder.exists() and not (folder / _SCRIPT.name).is_file() and (folder.is_file() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there, and nothing that was laid out here", hint="--to ANOTHER_FOLDER")


def _wheels(given: Path | None, folder: Path) -> Path:
    """Copy the wheels that are given, or fetch our own; give our own."""
    if given is None:
        return _own(folder)
    names = sorted(path for path in given.glob("*.whl") if path.is_file())
    for path in names:
        shutil.copyfile(path, folder / path.name)
    own = [path for path in names if WHEEL.fullmatch(path.name)]
    if len(own) != 1:
        raise ConfigurationError(f"{given} has {len(own)} wheels of {NAME}, and not one", hint="check --wheels")
    _, other = look_into(own[0], str(own[0]))
    if other:
        message = f"{own[0]} is not the program that runs here: mlops/{other[0]} differs"
        raise ConfigurationError(message, hint="install it, or give the wheel of this one")
    return folder / own[0].name


def _own(folder: Path) -> Path:
    found = find(None, installed(), _WHEELS)
    if found.data is not None:
        path = folder / found.pin.place.rpartition("/")[2]
        path.write_bytes(found.data)
        return path
    with TemporaryDirectory() as place:
        what = found.pin.place or f"{NAME}=={found.pin.version}"
        fetched = download(what, Path(place), f"{what} cannot be fetched", _WHEELS)
        if digest_of(fetched) != found.pin.digest:
            raise IntegrityError(f"{what} is another wheel than before", hint=_WHEELS)
        return Path(shutil.copyfile(fetched, folder / fetched.name))


def requirements(lock: str, wheel: str, digest: str) -> str:
    r"""Give the lines of a lock that a server needs, and the wheel of this program, each by hash.

    Example:
        >>> lock = "hydra-core==1 \\\n    --hash=sha256:aa\nnumpy==2 \\\n    --hash=sha256:bb\n"
        >>> print(requirements(lock, "m.whl", "cc"))
        numpy==2 \
            --hash=sha256:bb
        mlops-by-pull-request @ file:///build/wheels/m.whl --hash=sha256:cc
        <BLANKLINE>
    """
    return "\n".join([*needed(lock), f"{NAME} @ file:///build/wheels/{wheel} --hash=sha256:{digest}", ""])


def _settle(folder: Path) -> None:
    """Give every file the same rights and time: a builder copies both into the image."""
    for path in sorted(folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o444)
        os.utime(path, (0, 0))
