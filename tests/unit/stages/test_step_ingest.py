import hashlib
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from mlops.errors import DataError, IntegrityError
from mlops.files.canonical import digest_file
from mlops.ml.data import parquet
from mlops.stages import ingest, split, validate
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


def test_an_official_test_set_goes_through_the_same_checks_and_is_the_test_part(tmp_path):
    folder = tmp_path / "pipelines" / "x"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_text(
        "who,x,y\n" + "".join(f"p{n // 2},{n * 0.37:.2f},{n % 3 // 2}\n" for n in range(300))
    )
    (folder / "judged.csv").write_text("y,x,who\n" + "".join(f"{n % 3 // 2},{n * 0.11:.2f},q{n}\n" for n in range(60)))
    sections = {
        "ingest": {"source": {"kind": "csv", "path": "rows.csv"}, "test": {"kind": "csv", "path": "judged.csv"}},
        "validate": {"task": "binary", "target": "y", "entity": "who", "keys": ["who"]},
        "split": {
            "task": "binary",
            "target": "y",
            "entity": "who",
            "by": "group",
            "key": "who",
            "official_test": True,
        },
    }
    for stage in (ingest, validate, split):
        name = stage.__name__.rsplit(".", 1)[1]
        stage.run(StageContext(folder, "x", name, {**sections[name], "code": "sha256:0", "libraries": {}}))
    test = pl.read_parquet(folder / "artifacts/split/test.parquet")
    assert test["who"].to_list() == [f"q{n}" for n in range(60)]
    report = json.loads((folder / "reports/data.json").read_bytes())
    assert report["rows"] == 360
    assert report["test"] == {
        "table": "judged.csv",
        "rows": 60,
        "digest": digest_file(folder / "judged.csv"),
        "others": digest_file(folder / "rows.csv"),
    }
    divided = json.loads((folder / "reports/split.json").read_bytes())
    assert {name: part["rows"] for name, part in divided["parts"].items()}["test"] == 60
    assert divided["entity_overlap"] == 0


def test_the_test_part_is_not_guessed_where_the_table_does_not_name_it(tmp_path):
    folder = tmp_path / "pipelines" / "x"
    parquet.write(pl.DataFrame({"__row__": [0, 1], "y": [0, 1]}), folder / "artifacts/valid.parquet")
    section = {"task": "binary", "target": "y", "official_test": True}
    with pytest.raises(IntegrityError, match=r"^valid\.parquet does not say which rows are the test set's$"):
        split.run(StageContext(folder, "x", "split", section))
