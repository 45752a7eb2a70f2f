"""The image of a bundle beside its release: its digest, and the manifests that name it, in the same change."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.bundle.model_image import model_image
from mlops.compiler.files import render_deploy
from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.parse import read
from mlops.errors import IntegrityError
from mlops.files.atomic import bytes_of
from mlops.ledger.entering import Files
from mlops.operations.declared.released import mounting
from mlops.operations.git import tree_at
from mlops.operations.live.releases import file_of, releases
from mlops.operations.workspace import open_workspace, refuse


def image_of(root: Path, name: str, contents: Contents) -> str | None:
    """Compute the digest of a bundle's image; None where no target of the pipeline mounts it.

    Raises:
        ConfigurationError: the pipeline cannot be read, and it has files of targets. Without any of them nothing could
            be out of step, and no rollback waits for its repair.
    """
    configuration = Configuration(root)
    loaded, problems = load_pipeline(configuration, name)
    if loaded is None:
        if not (root / "pipelines" / name / "deploy").exists():
            return None
        raise refuse(configuration, problems)
    return model_image(name, contents).digest if mounting(loaded.spec) else None


def hold_image(name: str, contents: Contents, image: str | None) -> None:
    """Hold the image that a release file names, if it does, to the bundle that it names.

    Raises:
        IntegrityError: it is of another bundle: no server of it would begin.
    """
    if image is not None and image != (own := model_image(name, contents).digest):
        message = f"{name}: the release file names the image {image[:19]}…, and its bundle's is {own[:19]}…"
        raise IntegrityError(message, hint=f"write `image: {own}`, then: mlops compile")


def lacks_image(root: Path, environment: str, name: str) -> bool:
    """Tell whether a release file names no image, and a target of the pipeline mounts the bundle's."""
    live = next((item.release for item in releases(root, environment) if item.name == name), None)
    if live is None or live.image is not None:
        return False
    loaded, _ = load_pipeline(Configuration(root), name)
    return loaded is not None and mounting(loaded.spec)


def manifests(root: Path, name: str, environment: str, text: str, base: str | None = None) -> Files:
    """Compile the files of a pipeline's targets as its release file is going to say; those that differ from before.

    Before is the disk, or the commit `base` that the change is made on: what the checkout has of other changes is none
    of it.

    Raises:
        ConfigurationError: the repository does not hold with that text.
    """
    file = f"release/{environment}/{name}"
    document = read(file_of(environment, name), text.encode())
    with nullcontext(root) if base is None else tree_at(root, base) as here:
        workspace = open_workspace(here, (name,), Configuration(here).changed(file, document))
        files = {path: made.encode() for path, made in render_deploy(workspace.plan).items()}
        return {path: data for path, data in files.items() if bytes_of(here / path) != data}
