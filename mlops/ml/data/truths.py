"""Classes of a column of truths, which files and YAML spell in many ways and a table holds as True and False."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mlops.files.truth_text import truth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

T = TypeVar("T")


def as_labels(named: Mapping[str, T], classes: Sequence[str]) -> dict[str, T]:
    """Name truths as their labels are, however the file or YAML spells them; other classes stay as they are written.

    A class that is named in two spellings stays too: neither is meant more than the other.

    >>> as_labels({"yes": 3.0, "false": 1.0}, ["False", "True"]), as_labels({"yes": 3.0}, ["yes", "unsure"])
    ({'True': 3.0, 'False': 1.0}, {'yes': 3.0})
    >>> as_labels({"yes": 3.0, "true": 1.0}, ["False", "True"])
    {'yes': 3.0, 'true': 1.0}
    """
    if set(classes) != {"False", "True"}:
        return dict(named)
    spelt = {name if (known := truth(name)) is None else str(known): value for name, value in named.items()}
    return spelt if len(spelt) == len(named) else dict(named)
