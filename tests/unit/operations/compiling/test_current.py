"""What is about to be run is what the YAML says: written first, or refused where nothing may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, StaleError
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.compiling.current import make_current
from mlops.operations.workspace import Workspace, open_workspace
from tests.builders.repositories import edit, make_repository

pytestmark = pytest.mark.slow

PARAMS = "pipelines/churn/params.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path / "shop")
    compile_files(open_workspace(root))
    return root


def change(root: Path) -> Workspace:
    """Edit a description, as people do, and open the pipeline."""
    before = open_workspace(root).pipelines["churn"].spec.description
    edit(root, "conf/pipeline/churn.yaml", before, "Who will leave soon?")
    return open_workspace(root, ("churn",))


@pytest.mark.parametrize("names", [("churn",), ()])
@pytest.mark.parametrize("frozen", [True, False])
def test_where_nothing_was_edited_nothing_is_touched(root: Path, names: tuple[str, ...], frozen: bool) -> None:
    assert make_current(open_workspace(root, names), names, frozen=frozen) == ()


@pytest.mark.parametrize("names", [("churn",), ()])
def test_what_was_edited_is_compiled_and_named(root: Path, names: tuple[str, ...]) -> None:
    change(root)
    assert make_current(open_workspace(root, names), names, frozen=False) == (PARAMS,)
    assert "Who will leave soon?" in (root / PARAMS).read_text()
    assert check_files(open_workspace(root)) == ()


@pytest.mark.parametrize("names", [("churn",), ()])
def test_frozen_it_is_refused_and_nothing_is_written(root: Path, names: tuple[str, ...]) -> None:
    before = (root / PARAMS).read_bytes()
    change(root)
    with pytest.raises(StaleError) as caught:
        make_current(open_workspace(root, names), names, frozen=True)
    assert (caught.value.exit_code, caught.value.message, caught.value.hint) == (
        3,
        f"{PARAMS}: not what the YAML compiles to",
        "mlops compile, and commit what it writes; it is not done here because of --frozen, or of CI",
    )
    assert (root / PARAMS).read_bytes() == before


def test_one_pipeline_is_compiled_though_another_cannot_be_read(root: Path) -> None:
    change(root)
    (root / "conf/pipeline/other.yaml").write_text("defaults: [/data: nowhere]\n")
    assert make_current(open_workspace(root, ("churn",)), ("churn",), frozen=False) == (PARAMS,)


def test_what_the_compiler_did_not_write_is_not_written_over(root: Path) -> None:
    (root / PARAMS).write_text("mine: true\n")
    with pytest.raises(ConfigurationError) as caught:
        make_current(open_workspace(root, ("churn",)), ("churn",), frozen=False)
    assert caught.value.message == f"{PARAMS}: not written by the compiler"
    assert (root / PARAMS).read_text() == "mine: true\n"
