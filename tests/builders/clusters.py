"""A repository whose pipeline is served in a cluster, and the published schemas of what a cluster takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate

from mlops.backends.deploy import of_pipeline
from mlops.operations.workspace import open_workspace
from tests.builders.quick_yaml import dump, load
from tests.builders.repositories import make_repository

VERSION = "1.37"
BUNDLE, IMAGE, RUNTIME = (f"sha256:{letter * 64}" for letter in "bcd")
KUBERNETES: dict[str, Any] = {
    "kind": "kubernetes",
    "runtime": f"ghcr.io/acme/serve@{RUNTIME}",
    "model": "ghcr.io/acme/churn",
    "behind": "proxy",
}


def make_clustered(folder: Path, target: dict[str, Any], *, image: str | None = IMAGE, key: str | None = None) -> Path:
    """Copy the base repository with a target in a cluster, and release a bundle to `prod`."""
    root = make_repository(folder)
    with (root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write(dump({"deploy": {key or target["kind"]: target}}))
    release = root / "conf/release/prod/churn.yaml"
    release.parent.mkdir(parents=True, exist_ok=True)
    release.write_text(f"bundle: {BUNDLE}\n" + (f"image: {image}\n" if image else ""))
    return root


def manifests_of(root: Path, name: str = "churn") -> dict[str, dict[str, Any]]:
    """Compile what a cluster gets, by path below `deploy/`; each text is of one object, and is spelt the same twice."""
    (pipeline,) = open_workspace(root, (name,)).plan.pipelines
    texts = dict(of_pipeline(pipeline))
    assert texts == dict(of_pipeline(pipeline))
    start = len(f"{pipeline.folder}/deploy/")
    return {path[start:]: load(text) for path, text in texts.items() if path.endswith(".yaml")}


def refused(manifest: dict[str, Any]) -> str:
    """Say what a cluster of the newest known release refuses in an object, empty where nothing; no kind is unknown.

    Raises:
        SchemaNotFoundError: nobody published a schema of that kind, so that nothing was looked at.
    """
    try:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error.message)
    return ""
