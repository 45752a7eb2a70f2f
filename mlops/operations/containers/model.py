"""The image of a bundle alone, written as an OCI layout, which registry clients push as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.bundle.model_image import ModelImage, model_image
from mlops.errors import ConfigurationError
from mlops.files.atomic import writing_folder

_MARK = "oci-layout"


def write_model(
    name: str | None, bundle: Path, folder: Path, vouched: Callable[[Contents], None]
) -> tuple[Contents, ModelImage]:
    """Write the image of a bundle into a folder, which replaces one that was written before.

    Without a `name` it is of the pipeline that the bundle says it is of: what a release computes is of that name, too.

    Raises:
        ConfigurationError: the folder holds something else.
        IntegrityError: the bundle is not what its manifest says, or nobody vouches for it.
    """
    if folder.exists() and not (folder / _MARK).is_file() and (folder.is_file() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder} is there, and no image that was written here", hint="--to ANOTHER_FOLDER")
    contents = Contents.read(bundle)
    vouched(contents)
    image = model_image(name or contents.manifest.pipeline, contents)
    with writing_folder(folder) as place:
        for path, data in image.files.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(data)
    return contents, image
