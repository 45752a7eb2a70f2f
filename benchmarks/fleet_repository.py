"""The repository that `benchmarks/fleet.py` measures: many pipelines, each of them as if it had run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BASE = REPOSITORY / "tests" / "golden" / "base"
NEEDLE = "lr: 0.001"


def make(root: Path, count: int) -> Path:
    """Write a repository of `count` pipelines, not yet compiled."""
    shutil.copytree(BASE, root)
    pipeline = (root / "conf/pipeline/churn.yaml").read_text()
    data, rows = (root / "conf/data/churn.yaml").read_text(), (root / "pipelines/churn/data/churn.csv").read_bytes()
    shutil.rmtree(root / "pipelines")
    for file in ("conf/pipeline/churn.yaml", "conf/data/churn.yaml"):
        (root / file).unlink()
    (root / "conf" / "model").mkdir()
    (root / "conf" / "trainer").mkdir()
    (root / "conf" / "trainer" / "usual.yaml").write_text("max_epochs: 20\n")
    for number in range(count):
        name = f"t{number:05}"
        text = pipeline.replace("/data: churn", f"/data: {name}").replace("[linear, mlp]", f"[linear, {name}]")
        text = text.replace("  - /gates:", "  - /trainer: usual\n  - /gates:")
        (root / f"conf/pipeline/{name}.yaml").write_text(text)
        (root / f"conf/data/{name}.yaml").write_text(data)
        (root / f"conf/model/{name}.yaml").write_text(f"# @package model.mlp\nkind: mlp\n{NEEDLE}\n")
        (root / f"pipelines/{name}/data").mkdir(parents=True)
        (root / f"pipelines/{name}/data/churn.csv").write_bytes(rows)
    python(root, "-m", "dvc", "init", "-q", "--no-scm")
    return root


def record(root: Path) -> None:
    """Pretend that every stage ran: write outputs and the locks that DVC would have written."""
    import yaml

    from mlops.operations.dvc.lock import md5_tree
    from mlops.operations.workspace import open_workspace

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    plan = open_workspace(root).plan
    for pipeline in plan.pipelines:
        folder, written = pipeline.folder, {}
        for stage in pipeline.stages:
            for output in stage.outputs:
                write_output(root / folder / output.path, f"{folder} {stage.name} {output.path}\n")
                if not output.committed:
                    store(root / ".dvc" / "cache" / "files" / "md5", root / folder / output.path)
            params = {"params": {"params.yaml": {stage.name: stage.section}}} if stage.section else {}
            written[stage.name] = {
                "cmd": stage.command,
                "deps": [entry(root / folder, path, md5_tree(root / folder / path)) for path in stage.inputs],
                **params,
                "outs": [entry(root / folder, o.path, md5_tree(root / folder / o.path)) for o in stage.outputs],
            }
        text = yaml.dump({"schema": "2.0", "stages": written}, Dumper=dumper, sort_keys=False)
        (root / folder / "dvc.lock").write_text(text)


def write_output(path: Path, text: str) -> None:
    from tests.builders.comments import gate

    folder = not path.suffix
    path = path / ("transform.json" if path.name == "features" else "data.txt") if folder else path
    path.parent.mkdir(parents=True, exist_ok=True)
    verdict = {**gate("pass", champion=None), "of": text}
    path.write_text(json.dumps(verdict) + "\n" if path.name == "gate.json" else text)


def store(cache: Path, place: Path) -> None:
    """Put a file or folder into DVC's cache."""
    from mlops.operations.dvc.lock import listing, md5_tree

    digest = md5_tree(place) or ""
    (cache / digest[:2]).mkdir(parents=True, exist_ok=True)
    if place.is_file():
        shutil.copyfile(place, cache / digest[:2] / digest[2:])
        return
    (cache / digest[:2] / digest[2:]).write_text(listing(place))
    for file in place.rglob("*"):
        store(cache, file)


def entry(folder: Path, path: str, digest: str | None) -> dict[str, object]:
    place = folder / path
    files = [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    counted = {"nfiles": len(files)} if place.is_dir() else {}
    return {"path": path, "hash": "md5", "md5": digest, "size": size, **counted}


def mlops(root: Path, *arguments: str) -> str:
    return python(root, "-m", "mlops", *arguments)


def python(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)[:200]}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout
