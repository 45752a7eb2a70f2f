"""A payload in every value and every key of every block: refused with a place, or it stays text.

Where it is accepted, what is compiled has the shape it had, every command is the constant it was, and no expression of
GitHub's is new.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.compiler.files import render
from mlops.errors import ConfigurationError
from mlops.operations.compiling.findings import refuse_errors
from mlops.operations.workspace import open_workspace
from tests.builders.every_key import Place, every_key, places, written
from tests.builders.quick_yaml import load

PAYLOADS = (
    *("x; touch PWNED", "$(touch PWNED)", "`touch PWNED`", "'; touch PWNED; '", '"; touch PWNED; "', "--config=x"),
    *("{{7*7}}", "{% for x in y %}", "${name}", "${oc.env:HOME}", "$HOME", "%(x)s", "{0.__class__}"),
    *("${{ secrets.X }}", "${{github.token}}", "x ${{ x", "::set-output name=x::y", "::add-mask::x"),
    *("x\n- run: touch PWNED", "x\r\nrun: touch PWNED", "x\n::error::y", "a: b", "- a", "#x", "*x", "&x", "!!x", "@x"),
    *(
        "a\u202eb",
        "a\u00adb",
        "a\u061cb",
        "a\U000e0041b",
        "a\u200bb",
        "\u2028x",
        "\x1b[31m",
        "\x00",
        "../../x",
        "/etc/passwd",
        "pipelines.x.y:z",
        "_target_",
    ),
    *("a" * 5000, "😀", "no", "1e3", "=1+1", "<script>x</script>", "| x |", "@here", "![x](http://x)"),
)
NAME = re.compile(r"'[a-z0-9][a-z0-9_-]{0,63}'")
PLACES = places()
SHARDS = 10


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return every_key(tmp_path_factory.mktemp("every"))


@pytest.fixture(scope="module")
def before(root: Path) -> dict[str, Obeyed]:
    return compiled(root)


class Obeyed(NamedTuple):
    """What may not change in a file that a runner or DVC obeys."""

    shape: Any
    commands: list[str]
    expressions: set[str]


def compiled(root: Path) -> dict[str, Obeyed]:
    """Compile without writing; give what stands in every YAML file that a runner or DVC obeys."""
    workspace = open_workspace(root)
    refuse_errors(workspace)
    files = render(workspace.plan)
    obeyed = {path: text for path, text in files.items() if path.endswith(("dvc.yaml", ".yml"))}
    assert obeyed
    return {path: looked_at(text) for path, text in obeyed.items()}


@lru_cache(maxsize=256)
def looked_at(text: str) -> Obeyed:
    """Look at what was compiled; a payload changes one file of many."""
    value = load(text)
    return Obeyed(shape(value), commands(value), expressions(value))


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


def commands(value: Any) -> list[str]:
    """List what is run, in order."""
    if isinstance(value, dict):
        own = [item for key, item in value.items() if key in ("cmd", "run", "uses", "shell", "if") and item is not None]
        return [*map(str, own), *(found for item in value.values() for found in commands(item))]
    return [found for item in value for found in commands(item)] if isinstance(value, list) else []


def expressions(value: Any) -> set[str]:
    """List the strings that GitHub would evaluate; a plain name between quotes is a value in them, whatever it is."""
    if isinstance(value, dict):
        return {found for part in (*value, *value.values()) for found in expressions(part)}
    if isinstance(value, list):
        return {found for part in value for found in expressions(part)}
    return {NAME.sub("'name'", value)} if isinstance(value, str) and "${{" in value else set()


def harmless(root: Path, before: dict[str, Obeyed], place: Place, payload: str) -> bool:
    """Write a payload to a place; hold the compiler to refusing it, or to keeping it text. Give whether it was kept."""
    path = root / place.file
    kept = path.read_bytes()
    path.write_bytes(written(place, payload).encode("utf-8", "surrogatepass"))
    try:
        after = compiled(root)
    except ConfigurationError as error:
        assert error.exit_code == 4, place
        assert error.diagnostics, f"{place}: {payload!r}: refused without a place: {error.message}"
        for found in error.diagnostics:
            assert found.position.file.startswith(("conf/", "mlops/library/")), (str(place), payload, found)
            assert found.position.line >= 1
        shown = {unicodedata.category(character) for character in error.message if character != "\n"}
        assert not shown & {"Cc", "Cf", "Cs", "Zl", "Zp"}, (str(place), payload)
        return False
    finally:
        path.write_bytes(kept)
    for part in ("shape", "commands"):
        assert {path: getattr(file, part) for path, file in after.items()} == {
            path: getattr(file, part) for path, file in before.items()
        }, (part, str(place), payload)
    known = set().union(*(file.expressions for file in before.values()))
    assert set().union(*(file.expressions for file in after.values())) <= known, (str(place), payload)
    return True


@pytest.mark.slow
def test_a_description_is_kept_as_text_whatever_it_says(root: Path, before: dict[str, Obeyed]) -> None:
    place = next(place for place in PLACES if str(place) == "conf/pipeline/churn.yaml:description")
    kept = [payload for payload in PAYLOADS if harmless(root, before, place, payload)]
    assert {"x; touch PWNED", "{{7*7}}", "<script>x</script>", "::set-output name=x::y"} <= set(kept)


@pytest.mark.slow
@pytest.mark.parametrize("shard", [0, *(pytest.param(shard, marks=pytest.mark.long) for shard in range(1, SHARDS))])
def test_a_payload_in_every_place_is_refused_or_stays_text(root: Path, before: dict[str, Obeyed], shard: int) -> None:
    for number, place in list(enumerate(PLACES))[shard::SHARDS]:
        if harmless(root, before, place, PAYLOADS[number % len(PAYLOADS)]) or harmless(
            root, before, place, PAYLOADS[0]
        ):
            for payload in PAYLOADS[number % 4 :: 4]:
                harmless(root, before, place, payload)


@pytest.mark.slow
@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=st.sampled_from(PLACES), text=st.text(min_size=1, max_size=80) | st.from_regex(r"\$\{\{ ?[a-z.]+ ?\}\}"))
def test_whatever_text_stands_anywhere_is_refused_or_stays_text(
    root: Path, before: dict[str, Obeyed], place: Place, text: str
) -> None:
    harmless(root, before, place, text)
