"""Run every stage of every pipeline of a repository in this one process, and print what each output is.

`python benchmarks/probe_stages.py FOLDER` is what `benchmarks/processors.py` runs, here and on emulated processors: one
process, because what an emulated one mostly does is import.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

STAGES = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package")


def main() -> None:
    """Print a JSON object: for each pipeline, the digest of each file that its stages wrote."""
    root = Path(sys.argv[1])
    os.environ["MLFLOW_TRACKING_URI"] = ""
    from mlops.operations.processes.stage import run_stage

    found = {}
    for folder in sorted(path.parent for path in root.glob("pipelines/*/dvc.yaml")):
        for stage in STAGES:
            run_stage(folder, stage)
        found[folder.name] = _written(folder)
    print(json.dumps(found, indent=1, sort_keys=True))


def _written(folder: Path) -> dict[str, str]:
    files = (path for part in ("artifacts", "reports") for path in (folder / part).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


if __name__ == "__main__":
    main()
