"""A perturbation: what is known of it before anything runs, and what it does to rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from mlops.kinds.kind import Kind

Fits = Literal["both", "tabular", "image"]


@dataclass(frozen=True)
class Perturbation(Kind):
    """Something done to test rows; called, it does it.

    One of images alone takes images [n, channels, height, width], the strength, the range seen in training and the
    numbers of the rows, and gives images. Any other takes the rows as a `mlops.perturbations.scene.Scene`, the strength
    and the columns to change, and gives these columns.
    """

    change: Callable[..., Any] = field(kw_only=True, compare=False, repr=False)
    strength: float = field(kw_only=True)
    """How strongly, where nobody says."""
    share: bool = field(kw_only=True)
    """The strength is a share: it is at most 1."""
    of: Fits = field(kw_only=True)
    """The rows that it can be done to, by their features."""
    reads: Literal["numeric", "text"] | None = field(kw_only=True)
    """The columns that it changes; any where it is None."""

    def __call__(self, *arguments: Any) -> Any:
        """Do it."""
        return self.change(*arguments)

    def fits(self, features: str) -> bool:
        """Tell whether it can be done to rows with such features."""
        return self.of in ("both", features)


def perturbation(
    strength: float, *, share: bool = False, of: Fits = "both", reads: Literal["numeric", "text"] | None = None
) -> Callable[[Callable[..., Any]], Perturbation]:
    """Declare the function below as a perturbation of its name.

    Example:
        >>> @perturbation(0.5, share=True, of="image")
        ... def dim(images, strength, span, rows):
        ...     "Darken."
        ...     return (1 - strength) * images
        >>> dim.name, dim.title, dim.fits("tabular"), dim(8.0, 0.5, 16.0, None)
        ('dim', 'Darken.', False, 4.0)
    """

    def declare(change: Callable[..., Any]) -> Perturbation:
        name, module, page = change.__name__, change.__module__, inspect.cleandoc(change.__doc__ or "")
        functions = {"evaluate": f"{module}:{name}"}
        return Perturbation(
            name, page, module, functions=functions, change=change, strength=strength, share=share, of=of, reads=reads
        )

    return declare
