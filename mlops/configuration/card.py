"""`card:` what only a person can say of a model; the rest of its card is written from evidence.

Sections after Mitchell et al., Model Cards for Model Reporting, FAT* 2019 (arXiv:1810.03993).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block, one_line

Text = Annotated[str, Field(min_length=1, max_length=2000), one_line("a sentence of a card")]


class Card(Block):
    """Sentences for the model card; what is not written is marked as missing there."""

    uses: Text | None = None
    """What the model is for, and who uses it."""
    out_of_scope: Text | None = None
    """What it must not be used for."""
    factors: Text | None = None
    """Groups, instruments and circumstances that may change how well it works."""
    metrics: Text | None = None
    """Why these metrics and thresholds."""
    data: Text | None = None
    """How the data came about, who labelled it, what is known to be wrong with it."""
    risks: Text | None = None
    """Risks and harms, and what was done about them."""
    caveats: Text | None = None
    """What else a reader must know."""
    license: Text | None = None
    """Terms under which the model may be used."""
    citation: Text | None = None
    """How to cite it."""
    contact: Text | None = None
    """Where to send questions."""


def unsaid(card: Card) -> tuple[str, ...]:
    """List the keys that nobody has written yet."""
    return tuple(name for name in Card.model_fields if getattr(card, name) is None)
