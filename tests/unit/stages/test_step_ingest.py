import hashlib
import shutil
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from mlops.errors import DataError, IntegrityError
from mlops.stages import ingest
from mlops.stages.context import StageContext

pytestmark = pytest.mark.slow

RAND_HIE = Path(__file__).parents[3] / "pipelines" / "rand_hie" / "data" / "rand_hie.csv.gz"


def run(folder: Path, **source) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    ingest.run(StageContext(folder, folder.name, "ingest", {"source": source, "code": "sha256:0", "libraries": {}}))
    return folder / "artifacts" / "raw.parquet"


def test_two_folders_agree_on_every_byte(tmp_path):
    digests = set()
    for place in ("here/pipelines/rand_hie", "there/far/pipelines/rand_hie"):
        (tmp_path / place / "data").mkdir(parents=True)
        shutil.copy(RAND_HIE, tmp_path / place / "data")
        raw = run(tmp_path / place, kind="csv", path="data/rand_hie.csv.gz")
        digests.add(hashlib.sha256(raw.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert pl.read_parquet(raw).shape == (20190, 46)


def test_the_section_of_params_yaml_is_read_as_the_compiler_writes_it(tmp_path):
    folder = tmp_path / "pipelines" / "x"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("1;b\n")
    raw = run(
        folder,
        kind="csv",
        path="a.csv",
        package=None,
        sha256=None,
        separator=None,
        header=False,
        names={"prefix": "c", "count": 1, "then": ["d"]},
        nulls=[""],
        sheet=None,
        query=None,
        beside=[],
    )
    assert pl.read_parquet(raw).to_dict(as_series=False) == {"__row__": [0], "c0": ["1"], "d": ["b"]}


def test_what_was_done_is_said_on_stderr(tmp_path, capsys):
    folder = tmp_path / "pipelines" / "x"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("x,y\n1,2\n")
    run(folder, kind="csv", path="a.csv")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "ingest: 1 rows x 2 columns from a.csv\n")


@pytest.mark.parametrize(
    ("content", "more", "error"),
    [("x,y\n1,2,3\n", {}, DataError), ("x\n1\n", {"sha256": f"sha256:{0:064}"}, IntegrityError)],
)
def test_a_refused_source_leaves_nothing_behind(tmp_path, content, more, error):
    folder = tmp_path / "pipelines" / "x"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "artifacts" / "raw.parquet").write_bytes(b"of an earlier run")
    (folder / "a.csv").write_text(content)
    with pytest.raises(error):
        run(folder, kind="csv", path="a.csv", **more)
    assert list((folder / "artifacts").iterdir()) == []


def test_an_unknown_key_is_refused(tmp_path):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        run(tmp_path / "pipelines" / "x", kind="csv", path="a.csv", sha265="0")
