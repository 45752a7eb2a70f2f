"""Series to forecast, and a repository with one pipeline that does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from mlops.operations.compiling.compile import compile_files
from mlops.operations.processes.stage import run_stage
from mlops.operations.workspace import open_workspace

# Monthly totals of international airline passengers, 1949 to 1960, in thousands: series G of Box, Jenkins and Reinsel,
# Time Series Analysis: Forecasting and Control (1976).
PASSENGERS = (
    *(112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118),
    *(115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140),
    *(145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166),
    *(171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194),
    *(196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201),
    *(204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229),
    *(242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278),
    *(284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306),
    *(315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336),
    *(340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337),
    *(360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405),
    *(417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432),
)
STAGES = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package")
_PIPELINE = """\
# @package _global_
defaults:
  - /features: tabular
  - /model: [{models}]
  - /gates: forecaster
  - _self_
description: How much will be asked for?
owners: ["@planning"]
risk: minimal
task: forecasting
forecast: {forecast}
data:
  source: {{kind: csv, path: data/demand.csv}}
  target: {target}
  columns: {{date: {{type: date}}}}
  split: {{by: time, key: date, fractions: {{train: 0.5, validation: 0.2, test: 0.3}}}}
features: {{datetime: {{parts: [month, weekday]}}}}
"""


def passengers() -> str:
    """Spell the airline passengers as CSV."""
    months = (f"{1949 + i // 12}-{1 + i % 12:02d}-01,{value}" for i, value in enumerate(PASSENGERS))
    return "\n".join(["date,passengers", *months]) + "\n"


def daily(values: Sequence[float], **more: Sequence[object]) -> str:
    """Spell one value a day as CSV, beside further columns."""
    lines = [",".join(["date", "demand", *more])]
    for index, value in enumerate(values):
        day = date(2020, 1, 1) + timedelta(days=index)
        lines.append(",".join([day.isoformat(), f"{value:.4f}", *(str(column[index]) for column in more.values())]))
    return "\n".join(lines) + "\n"


def weekly_pattern(days: int, seed: int = 0) -> list[float]:
    """A pattern of seven days with noise, which a mean of several weeks forecasts better than the last one."""
    random = np.random.default_rng(seed)
    pattern = np.array([20.0, 22, 25, 24, 30, 45, 40])
    return [float(value) for value in pattern[np.arange(days) % 7] + 3 * random.standard_normal(days)]


def random_walk(days: int, seed: int) -> list[float]:
    """Steps that nothing foretells."""
    return [float(value) for value in 100 + np.random.default_rng(seed).standard_normal(days).cumsum()]


def project(root: Path, table: str, forecast: str, target: str = "demand", models: str = "linear") -> Path:
    """Write a repository whose pipeline `demand` forecasts; returns the pipeline's folder."""
    texts = {
        "conf/project.yaml": "name: planning\n",
        "conf/policy.yaml": 'owners: ["@platform"]\n',
        "conf/pipeline/demand.yaml": _PIPELINE.format(forecast=forecast, target=target, models=models),
        "pipelines/demand/data/demand.csv": table,
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root / "pipelines/demand"


def compiled(folder: Path) -> Path:
    """Compile the repository of a pipeline's folder."""
    compile_files(open_workspace(folder.parent.parent))
    return folder


def run(folder: Path, *stages: str) -> Path:
    """Run stages in a pipeline's folder, all where none is named."""
    for stage in stages or STAGES:
        run_stage(folder, stage)
    return folder
