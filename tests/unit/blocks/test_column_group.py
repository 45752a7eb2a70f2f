from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.blocks.column_group import PLAIN, UNKNOWN, Group, Layout, declared, reads
from mlops.kinds.kind import of_block
from mlops.models.random_forest import RandomForest

ANY = st.lists(st.sampled_from([*PLAIN, "text:review", "text:title", "image:photo"]), min_size=1, unique=True)
LAYOUTS = ANY.flatmap(
    lambda names: st.lists(st.integers(1, 4), min_size=len(names), max_size=len(names)).map(
        lambda widths: laid_out(names, widths)
    )
)
CHOICES = (
    "scaled, onehot, ordinal, numbers, codes, target_coded, long_target_coded, text:NAME, text:*, image:NAME, image:*"
)


def laid_out(names: list[str], widths: list[int]) -> Layout:
    starts = [sum(widths[:place]) for place in range(len(widths))]
    places = [tuple(range(start, start + width)) for start, width in zip(starts, widths, strict=True)]
    return Layout(tuple(Group(name, at, (len(at),)) for name, at in zip(names, places, strict=True)))


@given(layout=LAYOUTS, asked=ANY)
def test_what_is_taken_is_laid_out_as_if_it_were_alone(layout: Layout, asked: list[str]) -> None:
    seen, places = layout.taking(asked), layout.positions(asked)
    assert [group.name for group in seen.groups] == [name for name in layout.names if name in asked]
    assert seen.width == len(places)
    for group in seen.groups:
        whole = layout.group(group.name)
        assert whole is not None
        assert tuple(places[place] for place in group.positions) == whole.positions
    assert seen.taking(asked) == seen


@given(layout=LAYOUTS)
def test_every_column_is_of_one_group(layout: Layout) -> None:
    assert layout.positions(layout.names) == tuple(range(layout.width))
    assert layout.taking(layout.names) == layout


def test_a_star_is_every_column_of_its_family() -> None:
    layout = laid_out(["scaled", "text:review", "image:photo", "text:title"], [2, 3, 1, 2])
    assert layout.positions(["text:*"]) == (2, 3, 4, 6, 7)
    assert not reads(["text:*"], "scaled")
    assert layout.lacking(["text:*", "text:body", "numbers"]) == ("text:body",)


def test_missing_is_a_value_of_numbers_alone() -> None:
    assert laid_out(["scaled", "numbers", "codes"], [2, 2, 1]).missing == (2, 3)
    assert UNKNOWN.missing == ()


@pytest.mark.parametrize("name", ["number", "text:", "video:film", "text", ":", "*"])
def test_an_unknown_group_is_refused(name: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the whole text is held below
        declared([name])
    assert str(error.value) == f"`{name}` is no group of columns: {CHOICES}"


@pytest.mark.parametrize("names", [[], ["codes", "codes"]])
def test_groups_are_named_once_each(names: list[str]) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        declared(names)
    assert str(error.value) == (
        "the groups of columns that a model reads are named once each, and there is one at least"
    )


def test_a_kind_that_reads_an_unknown_group_is_refused_where_it_is_declared() -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        of_block(RandomForest, {}, tasks="binary", groups="scaled numers")
    assert str(error.value) == f"`numers` is no group of columns: {CHOICES}"


def test_a_group_has_as_many_columns_as_its_shape_holds() -> None:
    with pytest.raises(ValueError, match="the group image:photo has 3 columns, which its shape does not hold"):
        Group("image:photo", (0, 1, 2), (1, 2, 2))
