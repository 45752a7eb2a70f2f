import hashlib
import sys
from pathlib import Path

import polars as pl
import pytest
import sklearn
from pydantic import ValidationError

from mlops.errors import ConfigurationError, DataError, InfrastructureError, IntegrityError
from mlops.ml.data.sources import reading, scan
from mlops.sources import SOURCES
from mlops.sources.source import ColumnNames, Source
from tests.builders.workbooks import make_workbook

DATASETS = "datasets/data"

ASKING = " or ".join(name for name, kind in SOURCES.items() if "query" in kind.can)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pipelines" / "churn"
    folder.mkdir(parents=True)
    return folder


def take(source: Source, folder: Path) -> pl.DataFrame:
    with reading(source):
        return scan(source, folder).collect()


def bundled(name: str, **fields) -> Source:
    content = (Path(sklearn.__file__).parent / DATASETS / name).read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return Source(kind="csv", package="sklearn", path=f"{DATASETS}/{name}", sha256=digest, header=False, **fields)


def test_rows_are_numbered_from_zero(folder):
    (folder / "a.csv").write_text("x\n7\n8\n")
    frame = take(Source(kind="csv", path="a.csv"), folder)
    assert frame.schema == {"__row__": pl.Int64, "x": pl.String}
    assert frame.rows() == [(0, "7"), (1, "8")]


def test_digits_are_read_from_the_installed_package(folder):
    names = ColumnNames(prefix="pixel_", count=64, then=("label",))
    frame = take(bundled("digits.csv.gz", names=names), folder)
    assert frame.shape == (1797, 66)
    assert frame.columns[1::63] == ["pixel_0", "pixel_63"]
    assert frame.columns[-1] == "label"


def test_two_files_stand_side_by_side(folder):
    names = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    target = bundled("diabetes_target.csv.gz", names=("progression",))
    frame = take(bundled("diabetes_data_raw.csv.gz", names=names, separator=" ", beside=(target,)), folder)
    assert frame.shape == (442, 12)
    assert frame.row(0)[1:4] == ("59", "2", "32.1")
    assert float(frame["progression"][0]) == 151


def test_files_of_different_lengths_do_not_stand_side_by_side(folder):
    (folder / "a.csv").write_text("x\n1\n2\n")
    (folder / "b.csv").write_text("y\n1\n")
    with pytest.raises(DataError) as caught:
        take(Source(kind="csv", path="a.csv", beside=(Source(kind="csv", path="b.csv"),)), folder)
    assert caught.value.message == "files that stand side by side have different numbers of rows: a.csv 2, b.csv 1"


def test_files_that_share_names_do_not_stand_side_by_side(folder):
    (folder / "a.csv").write_text("x\n1\n")
    with pytest.raises(DataError, match="share column names: x"):
        take(Source(kind="csv", path="a.csv", beside=(Source(kind="csv", path="a.csv"),)), folder)


@pytest.mark.parametrize(
    ("kind", "write"), [("parquet", pl.DataFrame.write_parquet), ("arrow", pl.DataFrame.write_ipc)]
)
def test_typed_files_keep_their_types(folder, kind, write):
    frame = pl.DataFrame({"x": [1, 2], "t": ["a", None]})
    write(frame, folder / "a.bin")
    assert take(Source(kind=kind, path="a.bin"), folder).drop("__row__").equals(frame)


def test_an_arrow_stream_is_read_too(folder):
    frame = pl.DataFrame({"x": [1, 2]})
    frame.write_ipc_stream(folder / "a.arrows")
    assert take(Source(kind="arrow", path="a.arrows"), folder)["x"].to_list() == [1, 2]


def test_a_query_takes_rows_from_a_duckdb_file(folder):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(folder / "a.duckdb")) as connection:
        connection.sql("create table t as select * from (values (2, 'b'), (1, 'a'), (3, null)) as v(x, y)")
    source = Source(kind="sql", path="a.duckdb", query="select x, y from t")
    assert take(source, folder).rows() == [(0, 1, "a"), (1, 2, "b"), (2, 3, None)]
    ordered = Source(kind="sql", path="a.duckdb", query="select x from t order by x desc")
    assert take(ordered, folder)["x"].to_list() == [3, 2, 1]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("select * from nothing", id="an unknown table"),
        pytest.param("select * from read_csv('/etc/passwd')", id="a file outside the database"),
        pytest.param("create table u as select 1", id="a change"),
    ],
)
def test_a_query_that_fails_or_leaves_the_database_is_refused(folder, query):
    duckdb = pytest.importorskip("duckdb")
    duckdb.connect(str(folder / "a.duckdb")).close()
    with pytest.raises(DataError, match=r"^the query on a\.duckdb fails: "):
        take(Source(kind="sql", path="a.duckdb", query=query), folder)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("select cast(y as int) as z from t", "Conversion Error", id="a value that does not fit"),
        pytest.param("select strptime(y, '%Y') as z from t", "Invalid Input Error", id="a value that is no date"),
        pytest.param("-- to be written", "it asks for nothing", id="a comment alone"),
    ],
)
def test_why_a_query_fails_is_said_without_a_value_of_the_data(folder, query, reason):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(folder / "a.duckdb")) as connection:
        connection.sql("create table t as select 'Alice' as y")
    with pytest.raises(DataError) as caught:
        take(Source(kind="sql", path="a.duckdb", query=query), folder)
    assert caught.value.message == f"the query on a.duckdb fails: {reason}"


def test_a_sheet_is_read_with_its_types(folder):
    pytest.importorskip("fastexcel")
    make_workbook(folder / "a.xlsx", {"people": [("name", "age"), ("Ada", 36), ("Grace", 85)], "more": [("x",), (1,)]})
    source = Source(kind="excel", path="a.xlsx", sheet="people")
    assert take(source, folder).drop("__row__").to_dicts() == [{"name": "Ada", "age": 36}, {"name": "Grace", "age": 85}]


def test_excel_without_its_library_says_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    (folder / "a.xlsx").write_bytes(b"")
    with pytest.raises(InfrastructureError) as caught:
        take(Source(kind="excel", path="a.xlsx"), folder)
    assert caught.value.message == (
        "reading `kind: excel` needs fastexcel, which is not installed: it comes with the extra `excel`"
    )
    assert caught.value.hint == 'pip install "mlops-by-pull-request[excel]"'


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "data/../../x.csv", "a\\..\\b.csv"])
def test_a_path_that_leads_outside_is_refused(folder, path):
    with pytest.raises(ConfigurationError) as caught:
        take(Source(kind="csv", path=path), folder)
    assert caught.value.message == f"the path `{path}` leads outside pipelines/churn"


def test_a_link_that_leads_outside_the_repository_is_refused(folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.csv"
    secret.write_text("x\n1\n")
    (folder / "a.csv").symlink_to(secret)
    with pytest.raises(ConfigurationError, match="is a link that leads outside the repository"):
        take(Source(kind="csv", path="a.csv"), folder)


def test_a_missing_file_is_named(folder):
    with pytest.raises(ConfigurationError, match=r"^there is no file `a\.csv` in pipelines/churn$"):
        take(Source(kind="csv", path="a.csv"), folder)


def test_a_file_that_dvc_holds_is_to_be_pulled(folder):
    (folder / "a.csv.dvc").write_text("outs: []\n")
    with pytest.raises(InfrastructureError) as caught:
        take(Source(kind="csv", path="a.csv"), folder)
    assert caught.value.hint == "dvc pull a.csv.dvc"


@pytest.mark.parametrize("package", ["no_such_package_here", "os.path", "../x"])
def test_a_package_that_is_not_installed_is_named(folder, package):
    with pytest.raises(ConfigurationError, match="is not installed$"):
        take(Source(kind="csv", package=package, path="a.csv", sha256=f"sha256:{0:064}"), folder)


def test_other_bytes_than_declared_are_an_integrity_error(folder):
    (folder / "a.csv").write_text("x\n1\n")
    with pytest.raises(IntegrityError) as caught:
        take(Source(kind="csv", path="a.csv", sha256="sha256:" + "0" * 64), folder)
    assert caught.value.message.startswith("a.csv is not the file that was declared: its digest is sha256:")


def test_a_file_with_its_digest_is_taken(folder):
    (folder / "a.csv").write_text("x\n1\n")
    digest = f"sha256:{hashlib.sha256(b'x' + bytes([10]) + b'1' + bytes([10])).hexdigest()}"
    assert take(Source(kind="csv", path="a.csv", sha256=digest), folder).height == 1


def test_a_row_with_too_many_fields_is_refused_without_showing_it(folder):
    (folder / "a.csv").write_text("a,b\n1,2\n3,4,CANARY\n")
    with pytest.raises(DataError) as caught:
        take(Source(kind="csv", path="a.csv"), folder)
    assert caught.value.message == (
        "a.csv cannot be read as csv: a row has more fields than the first one, above which nothing may stand"
    )
    assert caught.value.hint == "check `separator`, `header` and the quotes"


def test_broken_content_is_refused(folder):
    (folder / "a.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(DataError, match=r"^a\.parquet cannot be read as parquet: its content is broken$"):
        take(Source(kind="parquet", path="a.parquet"), folder)


def test_names_must_fit_the_columns(folder):
    (folder / "a.csv").write_text("1,2\n")
    with pytest.raises(DataError, match=r"^a\.csv has 2 columns but `names` gives 1$"):
        take(Source(kind="csv", path="a.csv", header=False, names=("x",)), folder)


def test_the_name_of_the_row_number_is_taken(folder):
    (folder / "a.csv").write_text("__row__\n1\n")
    with pytest.raises(DataError, match="has a column `__row__`, a name kept for the row's position"):
        take(Source(kind="csv", path="a.csv"), folder)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"kind": "csv", "package": "sklearn"},
            "a file of the package sklearn needs its `sha256`: the package may be upgraded",
        ),
        ({"kind": "csv", "header": False}, "`header: false` needs `names`"),
        ({"kind": "sql"}, f"`kind: {ASKING}` needs a `query`, and no other kind takes one"),
        ({"kind": "csv", "query": "select 1"}, f"`kind: {ASKING}` needs a `query`, and no other kind takes one"),
    ],
)
def test_a_source_that_contradicts_itself_is_refused_itself_and_beside_another(folder, fields, words):
    (folder / "b.csv").write_text("x\n1\n")
    contrary = Source(path="a", **fields)
    for source in (contrary, Source(kind="csv", path="b.csv", beside=(contrary,))):
        with pytest.raises(ConfigurationError) as caught:
            take(source, folder)
        assert (caught.value.message, caught.value.hint) == (words, "correct `source`")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "pickle"}, "Input should be"),
        ({"kind": "csv", "colour": "red"}, "Extra inputs are not permitted"),
    ],
)
def test_a_source_of_what_nobody_knows_cannot_be_made(fields, words):
    with pytest.raises(ValidationError, match=words):
        Source(path="a", **fields)
