"""The files of own code: a module and what it imports of its pipeline's folder, whatever the spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.digests.own_code import files_of


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("import polars as pl\n", ("enrich.py",)),
        ("from pipelines.churn.helper import scale\n", ("deep.py", "enrich.py", "helper.py")),
        ("from pipelines.churn import helper, absent\n", ("deep.py", "enrich.py", "helper.py")),
        ("import pipelines.churn.helper as h\n", ("deep.py", "enrich.py", "helper.py")),
        ("from .helper import scale\n", ("deep.py", "enrich.py", "helper.py")),
        ("def run():\n    from . import helper\n", ("deep.py", "enrich.py", "helper.py")),
        ("import pipelines.churn.absent\n", ("absent.py", "enrich.py")),
        ("from pipelines.other.helper import scale\n", ("enrich.py",)),
        ("from ..other import helper\n", ("enrich.py",)),
        ("def broken(:\n", ("enrich.py",)),
    ],
)
def test_files_of_own_code(tmp_path: Path, text: str, files: tuple[str, ...]) -> None:
    home = tmp_path / "pipelines/churn"
    home.mkdir(parents=True)
    (home / "enrich.py").write_text(text)
    (home / "helper.py").write_text("from .deep import scale\n")
    (home / "deep.py").write_text("import pipelines.churn.enrich\nscale = 1\n")
    assert files_of(tmp_path, "churn", "pipelines.churn.enrich:run") == files
