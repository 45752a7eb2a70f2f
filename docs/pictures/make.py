"""Pictures of what people look at, from what was run here: `make pictures`; `--check` says which are old."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))  # the repositories that the pages begin in are the tests'

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking")
DRAWN = HERE / "drawn.json"
"""By picture, the digest of the files that say how it looks, as they were when it was taken."""


def report(_: Path) -> Path:
    """Give the report of `make demo`."""
    if not (page := ROOT / "pipelines/rand_hie/reports/report.html").is_file():
        sys.exit(f"{page} is not there: make demo")
    return page


def comment(folder: Path) -> Path:
    """Have a pull request judged that asks for more than its model can do."""
    from tests.builders.begun import begin
    from tests.builders.rendered import page

    shop, evidence = begin("ran", folder), folder / "evidence"
    with (shop.here / "conf/pipeline/churn.yaml").open("a") as pipeline:
        pipeline.write("model: {linear: {l2: 0.5}}\ngates:\n  - {metric: auroc, by: plan, at_least: 0.8}\n")
    left = evidence / "report-churn/churn"
    for line in (
        f"git switch --quiet --create every-plan && mkdir -p {evidence}/plan {left}",
        "mlops compile && git add -A && git commit --quiet -m 'It should be good on every plan'",
        f"mlops plan --base main -o json > {evidence}/plan/plan.json",
        f"mlops run churn; echo $? > {left}/exit-code; cp -r pipelines/churn/reports/. {left}",
    ):
        shop.type(line)
    jobs = "--job check=success --job affected=success --job pipeline=failure"
    _, text = shop.type(f"mlops comment {evidence} {jobs} --commit $(git rev-parse HEAD) --base $(git rev-parse main)")
    made = folder / "comment.html"
    made.write_text(page(text))
    return made


def monitor(folder: Path) -> Path:
    """Watch a week of a shop whose customers begin to call more often."""
    from tests.builders.begun import begin

    shop = begin("watched", folder)
    shop.type("mlops monitor churn")
    return shop.here / ".mlops/monitor/churn/prod/report.html"


@dataclass(frozen=True)
class Picture:
    """A picture: the page it is of, its size in pixels, and the files that say how the page looks, as patterns."""

    name: str
    page: Callable[[Path], Path]
    size: tuple[int, int]
    drawn_by: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The digest of what draws it."""
        paths = sorted(path for pattern in self.drawn_by for path in ROOT.glob(pattern))
        content = b"".join(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() for path in paths)
        return f"sha256:{hashlib.sha256(content).hexdigest()}"


TEMPLATES = "mlops/present/report/templates/*"
PICTURES = (
    Picture("report", report, (1200, 900), (TEMPLATES,)),
    Picture("comment", comment, (844, 784), ("tests/golden/comment/*.md",)),
    Picture("monitor", monitor, (1200, 1800), (TEMPLATES, "mlops/present/monitor/templates/*")),
)


def main() -> int:
    """Take each picture anew, or those that are named; with `--check` name those whose page looks otherwise by now."""
    asked = sys.argv[1:]
    if "--check" in asked:
        return _check()
    if CHROMIUM is None:
        sys.exit("Chromium is not installed: apt-get install chromium")
    before = json.loads(DRAWN.read_text()) if DRAWN.is_file() else {}
    for picture in (each for each in PICTURES if not asked or each.name in asked):
        with tempfile.TemporaryDirectory() as folder:
            width, height = picture.size
            size = (f"--window-size={width},{height}", f"--user-data-dir={folder}/profile")
            taken = (f"--screenshot={HERE / picture.name}.png", picture.page(Path(folder) / "run").as_uri())
            subprocess.run([CHROMIUM, *QUIET, *size, *taken], check=True, capture_output=True)  # noqa: S603
        print(f"{picture.name}.png")
        before[picture.name] = picture.digest
    DRAWN.write_text(json.dumps(before, indent=1, sort_keys=True) + "\n")
    return 0


def _check() -> int:
    before = json.loads(DRAWN.read_text())
    old = [picture.name for picture in PICTURES if before.get(picture.name) != picture.digest]
    for name in old:
        print(f"docs/pictures/{name}.png is older than what draws it: make pictures", file=sys.stderr)
    return bool(old)


if __name__ == "__main__":
    sys.exit(main())
