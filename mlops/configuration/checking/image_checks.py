"""What pictures need: a shape, a folder, a model that reads them, and names for what is measured of them."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.blocks.column_group import IMAGE, reads
from mlops.blocks.image_column import beside
from mlops.configuration.checking.problem import Problem
from mlops.configuration.data import images
from mlops.configuration.model import Own
from mlops.configuration.pipeline import Pipeline
from mlops.models import MODELS
from mlops.models.groups import read_by


def image_has_shape(pipeline: Pipeline) -> Iterator[Problem]:
    """Images need a shape, and a convolution needs images."""
    features = pipeline.features
    if features.kind == "image" and features.image is None and not pipeline.data.images:
        message = "image features need the shape of an image"
        yield Problem(("features",), message, "write `image: {shape: [channels, height, width]}`", "image")
    for name, model in pipeline.model.items():
        kind = MODELS.get(model.kind)
        wanted = features.kind if kind is None else kind.can.get("features", features.kind)
        if wanted != features.kind and getattr(model, "image", None) is None:
            yield Problem(
                ("model", name), f"a `{model.kind}` reads {wanted}s", f"choose `- /features: {wanted}`", "image"
            )


def pictures_are_read(pipeline: Pipeline) -> Iterator[Problem]:
    """Pictures are what `data.images` says, and somebody reads them."""
    data, features = pipeline.data, pipeline.features
    if data.images and features.image is not None:
        message = "the shape of pictures is that of `data.images`"
        yield Problem(("features", "image"), message, "remove `image` from `features`", "image")
    if len(data.images) > 1 and features.kind == "image":
        message = f"image features are of one picture a row, and there are {len(data.images)}"
        yield Problem(("data", "images"), message, "choose `- /features: tabular`, or keep one", "image")
    named = [(("features", "images", name), name) for name in features.images]
    named += [(("model", name, "image"), image) for name, model in pipeline.model.items() if (image := _image(model))]
    for path, name in named:
        if name not in data.images:
            yield Problem(path, f"`{name}` is no column of pictures", "name one of `data.images`", "image")
    groups = [group for model in pipeline.model.values() for group in _groups(model)]
    for name in data.images:
        if features.kind != "image" and not reads(groups, f"{IMAGE}:{name}"):
            message = f"no candidate reads the pictures of `{name}`"
            yield Problem(("data", "images", name), message, f"write `image: {name}` at a `cnn`", "image")


def pictures_lie_somewhere(pipeline: Pipeline) -> Iterator[Problem]:
    """Pictures have a folder of their own, and names that nothing else has."""
    data = pipeline.data
    for name, image in images(data).items():
        path = ("data", "images", name)
        if image.folder is None:
            message = f"nothing says in which folder the pictures of `{name}` lie"
            yield Problem(path, message, "write `folder: data/...`", "image")
        for made in (name, *beside(name)):
            if made in {data.target, data.weight, data.entity, *data.derive}:
                yield Problem(path, f"it makes a column `{made}`, which is another", "call it otherwise", "image")


def pictures_are_not_logged(pipeline: Pipeline) -> Iterator[Problem]:
    """No file to learn from is made of a log that has no pictures."""
    monitor = pipeline.monitor
    if pipeline.data.images and monitor is not None and monitor.retrain is not None:
        message = "the log keeps no pictures, so that nothing to learn from can be made of it"
        hint = "remove `retrain`; bring new pictures into their folder by a pull request"
        yield Problem(("monitor", "retrain"), message, hint, "image")


def _image(model: object) -> str | None:
    found: str | None = getattr(model, "image", None)
    return found


def _groups(model: object) -> tuple[str, ...]:
    if isinstance(model, Own):
        return model.groups or ()
    kind = MODELS.get(getattr(model, "kind", ""))
    return () if kind is None else read_by(kind, model)  # type: ignore[arg-type]  # a block of its kind


IMAGE_CHECKS = (image_has_shape, pictures_are_read, pictures_lie_somewhere, pictures_are_not_logged)
