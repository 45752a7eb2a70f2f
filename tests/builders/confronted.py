"""A repository in which a bundle is live and another was run: with real test rows, predictions and verdict."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from mlops.bundle.transform import Transform
from mlops.documents.comparison import Comparison
from mlops.ml.data.encoding import encode
from mlops.stages import evaluate, gate
from mlops.stages.context import StageContext
from mlops.stages.tables import transformed
from tests.builders.bundles import make_bundle, make_pipeline
from tests.builders.released import Shop, make_released, run_of
from tests.builders.repositories import commit

ABSOLUTE = {"id": "auroc", "metric": "auroc", "against": "value", "at_least": 0.0}
OVER_LIVE = {"id": "auroc-over-champion", "metric": "auroc", "against": "champion", "at_least": -0.9}
SPLIT, OTHER = "a" * 32 + ".dir", "b" * 32 + ".dir"


def make_confronted(folder: Path, task: str = "binary", **changes: Any) -> Shop:
    """Make the first bundle live, of split `SPLIT`, and run another candidate on the same split."""
    shop = make_released(folder, registered=False)
    live = folder / "bundle-1"
    if task != "binary":
        live = make_bundle(folder / "live", task, seed=1)
    lock(shop.root, SPLIT)
    digest = run_of(shop.root, "tiny", live)
    commit(shop.root, "The live run")
    shop.store().put(live)
    (shop.root / "conf/policy.yaml").write_text("owners: ['@ada']\n")
    shop.say("prod", digest)
    candidate(shop.root, **changes)
    commit(shop.root, "The candidate's run")
    return Shop(shop.root, shop.origin, digest, shop.second)


def candidate(root: Path, split: str = SPLIT, **changes: Any) -> None:
    """Run evaluate and gate of a candidate, and say that `package` let it through as another bundle."""
    folder = root / "pipelines/tiny"
    shutil.rmtree(folder / "artifacts", ignore_errors=True)
    made = make_pipeline(root.parent / "made")
    shutil.copytree(made, folder, dirs_exist_ok=True)
    shutil.rmtree(made)
    transform = Transform.read(folder / "artifacts/features/transform.json")
    train = pl.read_parquet(folder / "artifacts/split/train.parquet")
    np.save(folder / "artifacts/features/train_x.npy", transformed(transform, train))
    np.save(folder / "artifacts/features/train_y.npy", encode(transform.recipe.target, train))
    boot = {"samples": 200}
    sections: dict[str, Any] = {
        "validate": {"keys": []},
        "evaluate": {"task": "binary", "target": "y", "metrics": ["auroc"], "bootstrap": boot, "pipeline": "tiny"},
        "gate": {"task": "binary", "bootstrap": boot, "minimum_rows": 10, "rules": [ABSOLUTE, OVER_LIVE]},
    }
    for stage, more in changes.items():
        sections.setdefault(stage, {}).update(more)
    evaluate.run(StageContext(folder, "tiny", "evaluate", sections["evaluate"]))
    for name, text in {"reports/history.csv": "candidate,metric,epoch,value\n"}.items():
        (folder / name).write_text(text)
    gate.run(StageContext(folder, "tiny", "gate", sections["gate"]))
    (folder / "params.yaml").write_text(yaml.safe_dump(sections))
    lock(root, split)
    digest = "sha256:" + "d" * 64
    (folder / "reports/bundle.json").write_text(json.dumps({"digest": digest, "verdict": "pass"}))


def compared(bundle: str, champion: str, **changes: Any) -> Comparison:
    """A comparison that passed, as values."""
    rule = {"id": "auroc-over-champion", "metric": "auroc", "against": "champion", "by": None, "slice": None}
    rule |= {"value": 0.25, "low": 0.2, "high": 0.3, "bound": -0.9, "n": 40, "rows_needed": None, "verdict": "pass"}
    rule |= {"sentence": "auroc is above the champion's", "mode": "block", "applicable": True}
    facts = {"pipeline": "tiny", "predictions": "sha256:1", "registered": "sha256:2", "rules": (rule,)}
    return Comparison(bundle=bundle, champion=champion, **{**facts, **changes})


def lock(root: Path, split: str) -> None:
    """Say in `dvc.lock` which split a run used."""
    stages = {"split": {"cmd": "mlops stage split", "outs": [{"path": "artifacts/split", "md5": split}]}}
    text = yaml.safe_dump({"schema": "2.0", "stages": stages})
    (root / "pipelines/tiny/dvc.lock").write_text(text)
