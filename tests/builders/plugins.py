"""A distribution with kinds, installed as pip leaves it: its files, their list, its entry points."""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.gate_rules import GATE_RULES
from mlops.kinds import plugins
from mlops.metrics import METRICS
from mlops.models import MODELS
from mlops.sources import SOURCES
from tests.conftest import ROOT

if TYPE_CHECKING:
    import pytest

EXAMPLE = ROOT / "examples" / "plugin"


def install(site: Path, *, name: str = "acme-mlops", version: str = "1.2.0", editable: bool = False) -> Path:
    """Install the example under a name; give its `mlops-kinds.json`."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    shutil.copytree(EXAMPLE / "acme_mlops", site / "acme_mlops", dirs_exist_ok=True)
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = project["entry-points"].items()
    texts = (f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in kinds.items()) for group, kinds in groups)
    (info / "entry_points.txt").write_text("".join(texts))
    if editable:
        (info / "direct_url.json").write_text(json.dumps({"url": "file:///acme", "dir_info": {"editable": True}}))
    record(site, info)
    return site / "acme_mlops" / "mlops-kinds.json"


def record(site: Path, info: Path) -> None:
    """Write the list of installed files with their digests."""
    files = sorted(path for path in (site / "acme_mlops").iterdir() if path.is_file())
    lines = (f"{path.relative_to(site)},sha256={hashlib.sha256(path.read_bytes()).hexdigest()},\n" for path in files)
    (info / "RECORD").write_text("".join(lines))


def seen(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process find what is installed in a folder, and nothing that it found before."""
    monkeypatch.syspath_prepend(site)
    for known in (plugins._entries, plugins._of):
        known.cache_clear()
    for each in (GATE_RULES, METRICS, MODELS, SOURCES):
        monkeypatch.setattr(each, "_joined", {})
