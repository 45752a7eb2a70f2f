"""A stage: one command that turns files into files, as DVC understands it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Kind(Enum):
    """What an output is to DVC: an artefact in its cache, or a report committed to Git."""

    ARTIFACT = "artifact"
    REPORT = "report"
    METRIC = "metric"
    PLOT = "plot"
    PAGE = "page"


@dataclass(frozen=True)
class Plot:
    """A table that `dvc plots` draws: its columns, what stands at the axes, and the template of DVC's."""

    path: str
    x: str
    y: str | tuple[str, ...]
    title: str
    template: str = "simple"
    x_label: str = ""
    y_label: str = ""
    beside: tuple[tuple[str, str, str], ...] = ()
    """Further tables that are drawn with it, each with its two columns."""


@dataclass(frozen=True)
class Output:
    """A file or folder that a stage writes, relative to its pipeline's folder."""

    path: str
    kind: Kind = Kind.ARTIFACT
    plots: tuple[Plot, ...] = ()
    stays: bool = False
    """What lies there is not taken away before the stage runs, which may leave it as it is."""

    @property
    def committed(self) -> bool:
        """Whether the output lives in Git rather than in DVC's cache."""
        return self.kind in (Kind.REPORT, Kind.METRIC, Kind.PLOT)


@dataclass(frozen=True)
class Stage:
    """One step of a pipeline; `section` is all it may know of the configuration."""

    name: str
    command: str
    inputs: tuple[str, ...]
    outputs: tuple[Output, ...]
    section: dict[str, Any] = field(default_factory=dict)
