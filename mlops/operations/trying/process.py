"""The process of a trial: `python -m mlops.operations.trying.process STAGE ...`, in the folder of its copy.

It runs stages up to training, and keeps what the model says of the validation rows. Test rows are thrown away as soon
as they are divided from the others: what is not there, nothing can read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlops.errors import MlopsError
from mlops.files.plain_yaml import parse
from mlops.operations.processes import ending
from mlops.operations.processes.stage import run_stage

TEST = "artifacts/split/test.parquet"
SCORES = "scores.parquet"


def main(*stages: str) -> int:
    """Run stages of the pipeline in the current folder; gives the exit code of the one that stopped."""
    folder = Path.cwd()
    with ending.stage():
        try:
            for stage in stages:
                run_stage(folder, stage)
                (folder / TEST).unlink(missing_ok=True)
            if "train" in stages:
                _keep_scores(folder)
        except MlopsError as error:
            print(error.message, file=sys.stderr, flush=True)
            return error.exit_code
    return 0


def _keep_scores(folder: Path) -> None:
    from mlops.operations.trying.validation import scored

    scored(folder, parse((folder / "params.yaml").read_bytes(), "params.yaml")).write(folder / SCORES)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
