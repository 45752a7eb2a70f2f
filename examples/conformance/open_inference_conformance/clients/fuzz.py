"""Schemathesis on the repaired OpenAPI: answers that its schemas do not know, and a server that falls over.

What is right by the schema need not be right for a model, whose inputs the schema does not name: that such a request is
refused is no fault, so that `positive_data_acceptance` is left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from open_inference_conformance import specification
from open_inference_conformance.clients.step import given

EXAMPLES = 60
FLAGS = ("--phases", "examples,coverage,fuzzing", "--exclude-checks", "positive_data_acceptance", "--workers", "1")
SAME = ("--generation-deterministic", "--max-examples", str(EXAMPLES), "--continue-on-failure", "--no-color")


def run(url: str, model: str, request: dict[str, Any]) -> list[dict[str, str]]:
    """Fuzz one model, the same requests each time; a kind of failure is one line."""
    with tempfile.TemporaryDirectory() as folder:
        openapi, report = Path(folder) / "openapi.json", Path(folder) / "report.json"
        openapi.write_text(json.dumps(specification.of_model(model, request)))
        tool = Path(sys.executable).with_name("schemathesis")
        told = ("--report", "json", "--report-json-path", str(report))
        command = [str(tool), "run", str(openapi), "--url", url, *FLAGS, *SAME, *told]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  this file
        if not report.exists():
            raise SystemExit(done.stderr or done.stdout)
        found = json.loads(report.read_bytes())
    cases = found["test_cases"]["generated"]
    if not found["complete"] or found["errors"] or not cases:
        return [{"check": "schemathesis", "said": "fails", "words": json.dumps(found["errors"])[:300] or "no request"}]
    lines = [
        {"check": each["title"], "said": "fails", "words": ", ".join(sorted(each["operations"]))}
        for each in found["failures"]
    ]
    return lines or [{"check": "schemathesis", "said": "holds", "words": ""}]


if __name__ == "__main__":
    print(json.dumps(run(*given()), indent=1))
