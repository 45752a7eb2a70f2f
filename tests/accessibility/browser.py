"""Pages as Chromium shows them, and what axe says of each: on a screen or a phone, light, dark or printed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.builders.rendered import CHROMIUM
from tests.builders.waiting import CEILING

HERE = Path(__file__).parent
SCREEN, PHONE = 1200, 390


def missing() -> str:
    """Say why no page can be looked at here; empty where one can."""
    if shutil.which("node") is None:
        return "node is not installed"
    if CHROMIUM is None:
        return "Chromium is not installed"
    return "" if (HERE / "node_modules/axe-core").is_dir() else "axe is not installed: `make axe` installs it from npm"


@dataclass(frozen=True)
class Look:
    """One look at a page; `picture` is where to leave one, of all of it."""

    address: str
    width: int = SCREEN
    dark: bool = False
    print: bool = False
    picture: str = ""


@dataclass(frozen=True)
class Seen:
    """What is wrong: lines of axe's, each with its impact and place; the width of a page that is wider than its window.

    `boxes` are the parts that scroll sideways by themselves.
    """

    violations: tuple[str, ...]
    wide: int
    boxes: tuple[str, ...]

    @property
    def serious(self) -> list[str]:
        """Keep what keeps somebody from reading the page."""
        return [line for line in self.violations if line.startswith(("serious", "critical"))]


def look(looks: Sequence[Look], profile: Path) -> list[Seen]:
    """Look at pages one after the other, in a browser of our own whose files lie in `profile`."""
    command = ["node", str(HERE / "browser.js"), str(CHROMIUM), str(profile)]
    asked = json.dumps([asdict(each) for each in looks])
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=CEILING)
    return [
        Seen(
            tuple(
                f"{found['impact']} {found['id']}: {found['help']}: {place}"
                for found in answer["violations"]
                for place in found["places"]
            ),
            answer["wide"],
            tuple(answer["boxes"]),
        )
        for answer in json.loads(done.stdout)
    ]
