"""A repository of tiny pipelines, compiled, as a team that adopted the framework has it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit
from tests.conftest import ROOT

SHARED = ("constraints.txt", ".gitignore", ".gitattributes", ".dvcignore", ".dvc/config")

PIPELINE = """\
# @package _global_
defaults:
  - /data: {name}
  - /features: tabular
  - /model: [linear]
  - /gates: binary_classifier
  - /deploy: [local]
  - _self_
description: Who will leave {name}?
owners: ["@growth"]
risk: limited
task: binary
data: {{target: left, split: {{by: stratified}}}}
gates:
  - metric: auroc
    at_least: 0.85
"""
DATA = """\
source: {kind: csv, path: data/table.csv}
columns:
  age: {type: int, between: [0, 120]}
  visits: {type: int}
  plan: {type: category, in: [free, paid]}
  left: {type: bool}
"""
# `setup`, on a machine that ran earlier jobs: the environment is there, and so are the digests of the program's own
# code, which are named by its bytes and taken only where these are the same.
_MAKEFILE = """\
setup:
\t@test -x .venv/bin/mlops
\t@mkdir -p .mlops/cache
\t@cp {cache}/code.json .mlops/cache/
"""
BROKEN = '''\
"""A model that cannot be trained."""

from pytorch_lightning import LightningModule


class Broken(LightningModule):
    def __init__(self) -> None:
        raise RuntimeError("out of luck")
'''


def make_shop(root: Path, *pipelines: str) -> Path:
    """Write a compiled repository with one commit; each pipeline learns from 500 rows with a linear model."""
    for name in SHARED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    texts = {
        "Makefile": _MAKEFILE.format(cache=root / ".mlops/cache"),
        "conf/project.yaml": "name: shop\nci: {install: make}\n",
        "conf/policy.yaml": 'owners: ["@platform"]\nrisk:\n  high: {owners: 2, sliced_gate: true}\n',
    }
    for seed, name in enumerate(pipelines):
        texts[f"conf/pipeline/{name}.yaml"] = PIPELINE.format(name=name)
        texts[f"conf/data/{name}.yaml"] = DATA
        texts[f"pipelines/{name}/data/table.csv"] = _table(seed)
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    propose(root, "Two models" if len(pipelines) > 1 else "One model")
    return root


def propose(root: Path, message: str, *, compiled: bool = True) -> str:
    """Compile, as an author does before pushing, and commit."""
    if compiled:
        compile_files(open_workspace(root))
    return commit(root, message)


def _table(seed: int) -> str:
    """Write a table whose target follows two columns, with noise."""
    chance = random.Random(seed)
    lines = ["age,visits,plan,left"]
    for _ in range(500):
        age, visits = chance.randint(18, 90), chance.randint(0, 30)
        left = (age - 54) / 18 - (visits - 15) / 8 + chance.gauss(0, 1) > 0
        lines.append(f"{age},{visits},{chance.choice(['free', 'paid'])},{str(left).lower()}")
    return "\n".join(lines) + "\n"
