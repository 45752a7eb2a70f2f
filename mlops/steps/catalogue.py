"""The fleet's catalogue: every pipeline's verdict and bundle, in one small file."""

from __future__ import annotations

import json

from mlops.files.atomic import write_text
from mlops.files.canonical import dumps
from mlops.steps.context import StageContext


def run(context: StageContext) -> None:
    """Write `pipelines/catalogue.json` from what each pipeline recorded."""
    pipelines = {}
    for path in sorted(context.folder.glob("pipelines/*/reports/bundle.json")):
        bundle = json.loads(path.read_bytes())
        gate = json.loads((path.parent / "gate.json").read_bytes())
        pipelines[path.parent.parent.name] = {"bundle": bundle["digest"], "verdict": gate["verdict"]}
    write_text(context.path("pipelines/catalogue.json"), dumps({"schema_version": 1, "pipelines": pipelines}))
    context.say(f"{len(pipelines)} pipelines")
