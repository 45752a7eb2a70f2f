"""GitHub's own parser and expression engine, as a process that answers one question a line."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.runner.workflow import Workflow

HERE = Path(__file__).parent
PACKAGES = ("@actions/expressions", "@actions/workflow-parser", "esbuild", "yaml")
BUNDLE = HERE / "build" / "engine.mjs"


class ExpressionError(Exception):
    """GitHub's engine refused an expression."""


class WorkflowError(Exception):
    """GitHub's parser refused a workflow."""


def missing() -> str:
    """Say why the engine cannot run here; empty where it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not all((HERE / "node_modules" / name).is_dir() for name in PACKAGES):
        return "GitHub's parser is not installed: `make runner` installs it from npm"
    return ""


def build() -> Path:
    """Bundle once: a plain import fails on Node 20, which wants another syntax for JSON modules."""
    (HERE / "build").mkdir(exist_ok=True)
    sources = [HERE / "engine.js", HERE / "package-lock.json", HERE / "package.json"]
    with (HERE / "build" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not BUNDLE.exists() or BUNDLE.stat().st_mtime < max(path.stat().st_mtime for path in sources):
            subprocess.run(["npm", "run", "--silent", "build"], cwd=HERE, check=True, capture_output=True)
    return BUNDLE


class Engine:
    """Ask GitHub's engine; use as a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", str(build())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def parse(self, name: str, text: str) -> Workflow:
        """Parse a workflow.

        Raises:
            WorkflowError: GitHub would refuse the file.
        """
        answer = self._ask(operation="parse", name=name, text=text)
        if answer["errors"]:
            raise WorkflowError("\n".join(answer["errors"]))
        return Workflow.of(name, answer)

    def test(self, expression: str, contexts: Mapping[str, Any], status: Mapping[str, bool], workspace: Path) -> bool:
        """Evaluate a condition."""
        answer = self._ask(
            operation="test", expression=expression, contexts=contexts, status=status, workspace=str(workspace)
        )
        return bool(answer)

    def resolve(
        self, value: Any, contexts: Mapping[str, Any], workspace: Path | None = None, *, text: bool = False
    ) -> Any:
        """Replace every expression in a value; `text` makes each of them a string, as for a shell."""
        return self._ask(
            operation="resolve", value=value, contexts=contexts, workspace=str(workspace or "."), text=text
        )

    def _ask(self, **request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ExpressionError(answer["error"])
        return answer["value"]
