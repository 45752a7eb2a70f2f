"""Pictures of what people look at, from what was run here: `make pictures`, with Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))  # the repositories that the pages begin in are the tests'

from tests.builders.begun import begin  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking")


def report(_: Path) -> Path:
    """Give the report of `make demo`."""
    if not (page := ROOT / "pipelines/rand_hie/reports/report.html").is_file():
        sys.exit(f"{page} is not there: make demo")
    return page


def monitor(folder: Path) -> Path:
    """Watch a week of a shop whose customers begin to call more often."""
    shop = begin("watched", folder)
    shop.type("mlops monitor churn")
    return shop.here / ".mlops/monitor/churn/prod/report.html"


PICTURES = (("report", report, 1200, 900), ("monitor", monitor, 1200, 900))


def main() -> int:
    """Take each picture anew; one whose page was not made says so."""
    if CHROMIUM is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    for name, page, width, height in PICTURES:
        with tempfile.TemporaryDirectory() as folder:
            size = (f"--window-size={width},{height}", f"--user-data-dir={folder}/profile")
            taken = (f"--screenshot={HERE / name}.png", page(Path(folder) / "run").as_uri())
            subprocess.run([CHROMIUM, *QUIET, *size, *taken], check=True, capture_output=True)  # noqa: S603
        print(f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
