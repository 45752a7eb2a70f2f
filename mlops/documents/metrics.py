"""`reports/metrics.json`: what was measured of a bundle on its test rows, and what was examined beyond that."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mlops.documents.document import Document, Number, Part
from mlops.documents.figures import Figure, Figures

Count = Annotated[int, Field(ge=0, strict=True)]
MOST_PICTURES = 12
_LONGEST = 16_384
"""Characters of a thumbnail: twice of what one takes that was written here."""


class SliceFigures(Part):
    """The candidate on the rows of one slice."""

    by: str
    slice: str
    n: Count
    metrics: dict[str, Figure]


class Bin(Part):
    """Rows of about one probability: the mean of it, how often it came true, and the interval of that."""

    predicted: Number
    observed: Number
    low: Number
    high: Number
    rows: Count = 0


class Brier(Part):
    """The parts of the Brier score."""

    score: Number | None = None
    reliability: Number | None = None
    resolution: Number | None = None
    uncertainty: Number | None = None
    within_bins: Number | None = None


class Reliability(Part):
    """Whether probabilities mean what they say; `of` says of what they are."""

    of: str = ""
    bins: tuple[Bin, ...] = ()
    ece: Number | None = None
    brier: Brier = Field(default_factory=Brier)
    slope: Figure | None = None
    intercept: Figure | None = None


class Calibration(Part):
    """The points of a reliability curve."""

    predicted: tuple[Number | None, ...]
    observed: tuple[Number | None, ...]
    rows: tuple[Count, ...]


class Segment(Part):
    """The errors of a regression on some rows."""

    by: str
    segment: str
    n: Count
    bias: Number | None
    low: Number | None
    high: Number | None
    spread: Number | None


class Changed(Figure):
    """A metric on perturbed rows, and its paired change."""

    change: Number | None = None
    change_low: Number | None = None
    change_high: Number | None = None


class Perturbed(Part):
    """The candidate under one perturbation."""

    strength: Number
    metrics: dict[str, Changed]


class Discovered(Part):
    """A slice that nobody declared: its conditions, its mean loss, and that of the rows in no such slice."""

    slice: tuple[str, ...]
    n: Count
    loss: Number | None
    rest: Number | None
    p: Number | None = None


class ColumnLoss(Figure):
    """What a metric loses when one column is shuffled."""

    column: str


class Importance(Part):
    """The columns that the scores rest on, by the loss of a metric on some test rows."""

    metric: str
    rows: Count
    repetitions: Count = 0
    columns: tuple[ColumnLoss, ...] = ()


class Validated(Part):
    """What decisions are worth on validation rows."""

    rows: Count
    value: Number | None


class Decision(Part):
    """How scores become decisions, and what these are worth: `values` by true and decided class."""

    unit: str = ""
    values: tuple[tuple[Number, ...], ...]
    thresholds: dict[str, Number | None] = Field(default_factory=dict)
    chosen: str = ""
    validation: Validated | None = None
    theoretical: Number | None = None
    break_even: dict[str, Number | None] = Field(default_factory=dict)
    sentences: tuple[str, ...] = ()


class Block(Part):
    """The blocks of time that errors of a forecast are drawn in."""

    periods: Count
    count: Count


class Forecast(Part):
    """What was forecast: how far ahead, how often, and which dates."""

    horizon: Count
    every: str
    season: Count | None
    series: Count
    first: str
    last: str
    block: Block
    horizons: tuple[Count, ...] = ()
    """All distances, where there are several; `horizon` is the furthest."""


class Refused(Part):
    """Test rows that a server would refuse, which are left out of every measure."""

    column: str
    reason: str
    rows: Count


class Weighted(Part):
    """The column that says what each row counts, and what the rows are worth by it."""

    column: str
    effective: Number
    """Rows of equal weight that would be worth as much (Kish)."""
    design_effect: Number
    """Rows divided by that: what unequal weights cost."""


class Thumbnail(Part):
    """A small picture as a PNG in base64, the true class or number, the answer, and how likely it called the truth."""

    png: Annotated[str, Field(max_length=_LONGEST, pattern=r"^iVBORw0KGgo[A-Za-z0-9+/]+={0,2}$")]
    target: Number
    answer: Number
    probability: Number | None = None


class Pictures(Part):
    """Test rows that the candidate is wrong about, by a column of pictures; some are shown where these are `public`."""

    column: str
    public: bool
    wrong: Count
    shown: Annotated[tuple[Thumbnail, ...], Field(max_length=MOST_PICTURES)] = ()


class MetricsReport(Document):
    """Figures by model and metric; what was not examined is not there."""

    DIGITS: ClassVar[int | None] = 6

    schema_version: Literal[1] = 1
    task: str = ""
    rows: Count | None = None
    classes: tuple[str, ...] | None = None
    bundle: str | None = None
    inputs: dict[str, str] = Field(default_factory=dict)
    """Digests of what was measured, by file."""
    models: Figures = Field(default_factory=dict)
    slices: tuple[SliceFigures, ...] = ()
    calibration: Calibration | None = None
    reliability: Reliability | None = None
    residuals: tuple[Segment, ...] | None = None
    robustness: dict[str, Perturbed] = Field(default_factory=dict)
    discovered: tuple[Discovered, ...] | None = None
    importance: Importance | None = None
    forecast: Forecast | None = None
    decision: Decision | None = None
    refused: tuple[Refused, ...] = ()
    weighted: Weighted | None = None
    pictures: tuple[Pictures, ...] = ()

    @property
    def candidate(self) -> dict[str, Figure]:
        """The candidate's figures on all test rows."""
        return self.models.get("candidate", {})
