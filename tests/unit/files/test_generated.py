from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError
from mlops.files.generated import compare, write

MARK = "# made"
PLACES = ("out/*.yaml",)
FILES = {"out/a.yaml": "# made\n1\n", "out/b.yaml": "# made\n2\n"}


def test_what_was_written_compares_equal_and_is_not_written_again(tmp_path: Path) -> None:
    assert write(tmp_path, FILES, mark=MARK, places=PLACES) == ("out/a.yaml", "out/b.yaml")
    assert compare(tmp_path, FILES, mark=MARK, places=PLACES) == ()
    assert write(tmp_path, FILES, mark=MARK, places=PLACES) == ()


def test_one_changed_byte_shows_as_a_diff(tmp_path: Path) -> None:
    write(tmp_path, FILES, mark=MARK, places=PLACES)
    (tmp_path / "out" / "b.yaml").write_text("# made\n3\n")
    (found,) = compare(tmp_path, FILES, mark=MARK, places=PLACES)
    assert found.diff == "--- a/out/b.yaml\n+++ b/out/b.yaml\n@@ -1,2 +1,2 @@\n # made\n-3\n+2\n"


def test_a_missing_final_newline_is_a_difference(tmp_path: Path) -> None:
    write(tmp_path, FILES, mark=MARK, places=PLACES)
    (tmp_path / "out" / "a.yaml").write_text("# made\n1")
    assert [found.path for found in compare(tmp_path, FILES, mark=MARK, places=PLACES)] == ["out/a.yaml"]


def test_what_nothing_asks_for_any_more_is_found_and_removed(tmp_path: Path) -> None:
    write(tmp_path, FILES, mark=MARK, places=PLACES)
    one = {"out/a.yaml": FILES["out/a.yaml"]}
    assert [found.path for found in compare(tmp_path, one, mark=MARK, places=PLACES)] == ["out/b.yaml"]
    assert write(tmp_path, one, mark=MARK, places=PLACES) == ("out/b.yaml",)
    assert not (tmp_path / "out" / "b.yaml").exists()


def test_a_file_that_somebody_else_wrote_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.yaml").write_text("mine\n")
    (tmp_path / "out" / "c.yaml").write_text("mine too\n")
    with pytest.raises(ConfigurationError, match="out/b.yaml: not written by the compiler"):
        write(tmp_path, FILES, mark=MARK, places=PLACES)
    assert not (tmp_path / "out" / "a.yaml").exists()
    assert (tmp_path / "out" / "b.yaml").read_text() == "mine\n"
    assert (tmp_path / "out" / "c.yaml").read_text() == "mine too\n"


def test_what_a_killed_compile_left_is_in_nobody_s_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops.files.generated.os.getpid", lambda: 7)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".a.yaml.7.part").write_text("half")
    write(tmp_path, FILES, mark=MARK, places=PLACES)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.yaml", "b.yaml"]


@pytest.mark.parametrize("blocked", ["out/b.yaml", "out"])
def test_what_stands_in_the_way_of_a_compiled_file_is_named_and_nothing_is_left(tmp_path: Path, blocked: str) -> None:
    if blocked == "out":
        (tmp_path / "out").write_text("mine\n")
    else:
        (tmp_path / blocked).mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigurationError) as caught:
        write(tmp_path, FILES, mark=MARK, places=PLACES)
    assert caught.value.message == f"{blocked}: in the way of a compiled file"
    assert caught.value.hint == "move or delete it, then run `mlops compile`"
    assert sorted(tmp_path.rglob("*")) == before
