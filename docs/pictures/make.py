"""Pictures of what people look at, from what was run here: `make pictures`, with Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking")
PICTURES = (("report", "pipelines/rand_hie/reports/report.html", 1200, 900),)


def main() -> int:
    """Take each picture anew; one whose page was not made says so."""
    if CHROMIUM is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    for name, page, width, height in PICTURES:
        if not (source := ROOT / page).is_file():
            sys.exit(f"{page} is not there: make demo")
        with tempfile.TemporaryDirectory() as profile:
            size = (f"--window-size={width},{height}", f"--user-data-dir={profile}", f"--screenshot={HERE / name}.png")
            subprocess.run([CHROMIUM, *QUIET, *size, source.as_uri()], check=True, capture_output=True)  # noqa: S603
        print(f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
