"""Keep a bundle of every kind as this version makes it, which every later one must serve: `python -m tests.kept.make`.

For a release, once: `tests/kept/VERSION/PIPELINE.zip`, and what each answered is inside, in its golden rows.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import mlops
from benchmarks import probe_stages
from benchmarks.probe_pipelines import PIPELINES, make

HERE = Path(__file__).parent
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can say: the same bundle is the same bytes


def main(names: Iterable[str]) -> None:
    """Make the pipelines named, or all, and keep what they packaged."""
    kept = HERE / mlops.__version__
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = make(Path(folder) / "made", list(names) or PIPELINES)
        command = [sys.executable, "-W", "ignore", probe_stages.__file__, str(root)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        for bundle in sorted(root.glob("pipelines/*/artifacts/bundle")):
            pack(bundle, kept / f"{bundle.parts[-3]}.zip")


def pack(bundle: Path, target: Path) -> None:
    """Write the files of a bundle as one archive."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(bundle.iterdir()):
            archive.writestr(zipfile.ZipInfo(path.name, _MOMENT), path.read_bytes(), zipfile.ZIP_DEFLATED)


def unpack(kept: Path, folder: Path) -> Path:
    """Lay a kept bundle out in a new folder."""
    shutil.unpack_archive(kept, folder)
    return folder


if __name__ == "__main__":
    main(sys.argv[1:])
