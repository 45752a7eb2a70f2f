"""Runs a step's script as GitHub's runner does, and reads what it wrote to the runner's files."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax: what `shell:` means on Linux
SHELLS = {
    "": ["bash", "-e"],
    "bash": ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"],
    "sh": ["sh", "-e"],
    "python": ["python"],
}


@dataclass(frozen=True)
class Ended:
    """How a script ended; `late` where its time was over."""

    code: int
    log: str
    late: bool


def run_script(
    script: str, shell: str, folder: Path, workspace: Path, environment: dict[str, str], seconds: float
) -> Ended:
    """Run a script in the workspace; everything it started is killed when its time is over."""
    path = folder / ("script.py" if shell == "python" else "script.sh")
    path.write_text(script, encoding="utf-8")
    command = [*SHELLS[shell], str(path)]
    with (folder / "log").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            command,
            cwd=workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        late = False
        try:
            process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            late = True
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.seek(0)
        return Ended(process.returncode, log.read(), late)


def read_outputs(path: Path) -> dict[str, str]:
    """Read `$GITHUB_OUTPUT`: `name=value` lines, and `name<<WORD` up to a line that says WORD."""
    found: dict[str, str] = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    while lines:
        line = lines.pop(0)
        name, equals, value = line.partition("=")
        heredoc, arrow, word = line.partition("<<")
        if arrow and (not equals or len(heredoc) < len(name)):
            if word not in lines:
                raise ValueError(f"GITHUB_OUTPUT: no line ends {line!r}")
            end = lines.index(word)
            found[heredoc] = "\n".join(lines[:end])
            del lines[: end + 1]
        elif equals:
            found[name] = value
        elif line:
            raise ValueError(f"GITHUB_OUTPUT has a line without `=`: {line!r}")
    return found
