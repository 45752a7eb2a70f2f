"""Users' YAML in the form of a later release: the key that moved, and no other byte."""

from __future__ import annotations

import pytest

from mlops.errors import ConfigurationError
from mlops.operations.starting.migrations import MIGRATIONS, Migrated, Migration, migrate, renamed

TEXT = """\
# ours
ci: {"kind": none, runner: [a, b]}  # why not
ä:   # kept
- {kind:  x}\r
kind: y
"""
FIRST = Migration("0.2", "conf/*.yaml", "`ci` is called `jobs`", renamed(("ci",), "jobs"))
SECOND = Migration("0.3.1", "conf/*.yaml", "`kind` of jobs is called `whose`", renamed(("jobs", "kind"), "whose"))
KNOWN = (SECOND, FIRST)


def test_a_key_changes_its_name_and_nothing_else_moves() -> None:
    made = migrate({"conf/a/b.yaml": TEXT, "other.yaml": TEXT}, "0.1.0", "0.3.1", KNOWN)
    new = TEXT.replace('ci: {"kind"', "jobs: {whose")
    assert made == {"conf/a/b.yaml": Migrated(new, (FIRST.says, SECOND.says))}


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("0.1.0", "0.1.9", None),
        ("0.1.0", "0.2", (FIRST.says,)),
        ("0.1.0", "0.10", (FIRST.says, SECOND.says)),
        ("0.2", "0.10", None),
        ("0.3.1", "0.1.0", None),
    ],
)
def test_only_what_lies_between_two_releases_is_done(before: str, after: str, says: tuple[str, ...] | None) -> None:
    made = migrate({"conf/a.yaml": TEXT}, before, after, KNOWN)
    assert (made["conf/a.yaml"].says if made else None) == says


def test_what_is_there_already_is_left_alone() -> None:
    once = migrate({"conf/a.yaml": TEXT}, "0.1", "0.3.1", KNOWN)["conf/a.yaml"].text
    assert migrate({"conf/a.yaml": once}, "0.1", "0.3.1", KNOWN) == {}
    assert migrate({"conf/a.yaml": "a: [\n"}, "0.1", "0.3.1", KNOWN) == {}
    assert migrate({"conf/a.yaml": "ci:\n- a\n"}, "0.2", "0.3.1", KNOWN) == {}


def test_a_file_that_has_both_names_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        migrate({"conf/a.yaml": "jobs: 1\nci: 2\n"}, "0.1", "0.2", KNOWN)
    assert caught.value.message == "conf/a.yaml:2:1: both `ci` and `jobs`, which is its name now"
    assert caught.value.hint == "keep one of the two, commit, then run mlops upgrade again"


def test_every_release_so_far_reads_what_the_first_one_did() -> None:
    assert MIGRATIONS == ()
