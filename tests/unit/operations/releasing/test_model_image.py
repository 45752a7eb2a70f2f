"""The image of a release file is of its bundle, or the release file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.model_image import model_image
from mlops.configuration.release import Release
from mlops.errors import IntegrityError
from mlops.operations.live.releases import Released
from mlops.operations.releasing.reconcile import _proved
from tests.builders.bundles import make_bundle


def test_a_release_of_one_bundle_with_the_image_of_another_is_refused(tmp_path: Path) -> None:
    place, other = make_bundle(tmp_path / "one"), make_bundle(tmp_path / "other", seed=2)
    contents = Contents.read(place)
    own, foreign = (model_image("tiny", each).digest for each in (contents, Contents.read(other)))
    for image in (own, None):
        release = Release(bundle=contents.digest, image=image)
        assert _proved(Released("prod", "tiny", release), place).digest == contents.digest
    with pytest.raises(IntegrityError) as caught:
        _proved(Released("prod", "tiny", Release(bundle=contents.digest, image=foreign)), place)
    assert caught.value.message == (
        f"tiny: the release file names the image {foreign[:19]}…, and its bundle's is {own[:19]}…"
    )
    assert caught.value.hint == f"write `image: {own}`, then: mlops compile"
