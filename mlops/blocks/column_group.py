"""The groups of columns that stand side by side in a model's one input `x` [N, width], and which of them a model reads.

scaled      numbers, imputed and scaled, with marks of what was missing
onehot      a column for each level of a category
ordinal     the position of a category's level, of pipelines that ask for it
numbers     numbers as the table has them; NaN is missing
codes       a category as a whole number: 0 never seen in training, 1 missing, then the levels
target_coded  a category as what the target was on average at its level, a column a class where there are more than two
long_target_coded  the same, of categories that have more levels than `codes` tell apart alone
text:NAME   what is made of a column of free text
image:NAME  the pixels of a column of images
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

SCALED, ONEHOT, ORDINAL, NUMBERS, CODES = "scaled", "onehot", "ordinal", "numbers", "codes"
TARGET_CODED = "target_coded"
LONG_TARGET_CODED = "long_target_coded"
BY_TARGET = (TARGET_CODED, LONG_TARGET_CODED)
"""What rows of training are told otherwise than those that are served."""
TEXT, IMAGE = "text", "image"
USUAL = (SCALED, ONEHOT, ORDINAL)
"""What every pipeline has: read by whatever does not say otherwise, and by the simple baseline."""
PLAIN = (*USUAL, NUMBERS, CODES, *BY_TARGET)
_FAMILIES = (TEXT, IMAGE)
_CHOICES = f"{', '.join(PLAIN)}, {', '.join(f'{family}:NAME, {family}:*' for family in _FAMILIES)}"


def declared(groups: Iterable[str]) -> tuple[str, ...]:
    """Take the groups that a model says it reads, `text:*` being all columns of text.

    Raises:
        ValueError: there are none, one is unknown, or one is named twice.

    Example:
        >>> declared(["numbers", "text:*"])
        ('numbers', 'text:*')
    """
    found = tuple(groups)
    for name in found:
        if name not in PLAIN and not _of_family(name):
            raise ValueError(f"`{name[:100]}` is no group of columns: {_CHOICES}")
    if not found or len(set(found)) != len(found):
        raise ValueError("the groups of columns that a model reads are named once each, and there is one at least")
    return found


def _of_family(name: str) -> bool:
    family, colon, column = name.partition(":")
    return family in _FAMILIES and bool(colon) and bool(column)


def reads(asked: Iterable[str], name: str) -> bool:
    """Say whether a group is among those asked for.

    Example:
        >>> reads(["scaled", "text:*"], "text:review")
        True
    """
    asked = set(asked)
    return name in asked or (_of_family(name) and f"{name.partition(':')[0]}:*" in asked)


@dataclass(frozen=True)
class Group:
    """Columns that belong together: their positions in `x`, and the shape of a row of them.

    `sizes`, where a group holds whole numbers, has for each position how many there may be, from 0; 0 of other numbers.
    """

    name: str
    positions: tuple[int, ...]
    shape: tuple[int, ...]
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if prod(self.shape) != len(self.positions) or (self.sizes and len(self.sizes) != len(self.positions)):
            raise ValueError(f"the group {self.name} has {len(self.positions)} columns, which its shape does not hold")

    @property
    def missing(self) -> bool:
        """Whether NaN is a value here; elsewhere it is refused."""
        return self.name == NUMBERS


@dataclass(frozen=True)
class Layout:
    """All groups of one input; none where that is not known, as of rows that no transform made.

    Example:
        >>> whole = Layout((Group("scaled", (0, 1), (2,)), Group("codes", (2,), (1,), (9,))))
        >>> whole.positions(["codes"]), whole.taking(["codes"]).groups[0].positions
        ((2,), (0,))
    """

    groups: tuple[Group, ...] = ()

    @cached_property
    def width(self) -> int:
        """How many columns there are."""
        return sum(len(group.positions) for group in self.groups)

    @property
    def names(self) -> tuple[str, ...]:
        """Name the groups in order."""
        return tuple(group.name for group in self.groups)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a row of the input: that of the only group, else as many numbers as there are columns."""
        return self.groups[0].shape if len(self.groups) == 1 else (self.width,)

    @property
    def missing(self) -> tuple[int, ...]:
        """List the columns that may hold NaN."""
        return tuple(place for group in self.groups if group.missing for place in group.positions)

    @property
    def texts(self) -> tuple[Group, ...]:
        """List the groups of texts."""
        return tuple(group for group in self.groups if group.name.startswith(f"{TEXT}:"))

    def group(self, name: str) -> Group | None:
        """Give a group; None where there is none of that name."""
        return next((group for group in self.groups if group.name == name), None)

    def positions(self, asked: Sequence[str]) -> tuple[int, ...]:
        """List the columns of the groups asked for, ascending."""
        return tuple(sorted(place for group in self.groups if reads(asked, group.name) for place in group.positions))

    def taking(self, asked: Sequence[str]) -> Layout:
        """Give the layout of an input that has the columns of the groups asked for, and no others."""
        new = {old: place for place, old in enumerate(self.positions(asked))}
        kept = (group for group in self.groups if reads(asked, group.name))
        return Layout(tuple(replace(each, positions=tuple(new[old] for old in each.positions)) for each in kept))

    def lacking(self, asked: Sequence[str]) -> tuple[str, ...]:
        """List what is asked for by the name of a column and is not there."""
        return tuple(name for name in asked if ":" in name and not name.endswith(":*") and self.group(name) is None)


UNKNOWN = Layout()
"""The layout of rows that no transform made."""
