"""The verdict of the last run, as recorded."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError, MlopsError


@dataclass(frozen=True)
class Verdict:
    """What a gate said of a candidate."""

    pipeline: str
    verdict: str
    rules: tuple[dict[str, Any], ...]
    champion: str | None

    def counts(self) -> Counter[str]:
        """Count applicable rules that block, by verdict."""
        return Counter(rule["verdict"] for rule in self.rules if rule["applicable"] and rule["mode"] == "block")

    def error(self) -> MlopsError | None:
        """Make the error that stands for anything but a pass."""
        hint = f"mlops gate {self.pipeline} --explain"
        if self.verdict == "pass":
            return None
        if self.verdict == "inconclusive":
            return Inconclusive(f"{self.pipeline}: the gate is inconclusive", hint=hint)
        return GateFailed(f"{self.pipeline}: the gate failed", hint=hint)


def read_verdict(root: Path, name: str) -> Verdict:
    """Read `reports/gate.json` of a pipeline.

    Raises:
        InfrastructureError: the pipeline was never judged here.
        IntegrityError: the file is damaged.
    """
    path = root / "pipelines" / name / "reports" / "gate.json"
    if not path.is_file():
        raise InfrastructureError(f"{name}: no verdict yet", hint=f"mlops run {name}")
    try:
        value = json.loads(path.read_bytes())
        return Verdict(name, value["verdict"], tuple(value["rules"]), value["champion"])
    except (ValueError, KeyError, TypeError) as error:
        hint = f"mlops run {name}"
        raise IntegrityError(f"pipelines/{name}/reports/gate.json is damaged", hint=hint) from error
