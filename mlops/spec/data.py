"""`data:` where rows come from, what must hold for them, what to learn and how to divide them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from mlops.blocks.address import OWN_KIND
from mlops.blocks.block import Block, Column, Digest, Items, Share, day
from mlops.blocks.split import Split

Scalar = str | int | float | bool
ColumnType = Literal["int", "float", "bool", "string", "category", "date", "datetime"]
Severity = Literal["block", "warn"]
_DAY = r"^\d{4}-\d{2}-\d{2}$"
Rule = Literal["greater_than", "at_least", "less_than", "at_most", "equals", "one_of", "is_null", "log1p", "year"]


class ColumnNames(Block):
    """Names made by counting, for files without a header: a prefix, how many, and the columns that follow."""

    prefix: str
    """What each name begins with."""
    count: Annotated[int, Field(ge=1, le=100_000)]
    """How many are counted, from 0."""
    then: Items[Column] = ()
    """Names of the columns after the counted ones."""


class Source(Block):
    """A place that a snapshot of the rows is taken from."""

    kind: Literal["csv", "parquet", "arrow", "excel", "sql"]
    """Format of the file."""
    path: str
    """File, relative to `pipelines/<name>/`, or to the installed `package`; or a folder, its files below each other."""
    package: str | None = None
    """Installed Python package that carries the file; `sha256` is then required."""
    sha256: Digest | None = None
    """Digest that the file must have."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Character between the fields of a CSV file; found by looking where it is not given."""
    header: bool = True
    """Whether the first line names the columns."""
    names: Items[Column] | ColumnNames | None = None
    """Column names, for a file without a header."""
    nulls: Items[str] = ("",)
    """Texts that mean a missing value."""
    sheet: str | None = None
    """Sheet of an Excel file; the first where it is not given."""
    query: str | None = None
    """SQL that selects the rows, for a DuckDB file."""
    beside: Items[Source] = ()
    """Further files whose columns stand beside these, row by row."""
    recorded: Annotated[str, Field(pattern=_DAY), AfterValidator(day)] | None = None
    """Day the snapshot was taken, as 2030-12-31; what `freshness` counts from. No stage looks at a clock."""


Bound = float | str
Length = Annotated[int, Field(ge=0)]
Relation = Literal[
    "less_than", "at_most", "equals", "differs_from", "at_least", "greater_than", "requires", "missing_with"
]
Statistic = Literal["psi", "ks", "jensen_shannon", "wasserstein", "chi_square"]


class NullBudget(Block):
    """How many values of a column may be missing."""

    at_most: Share
    """Share of the rows, from 0 to 1."""


class ColumnRule(Block):
    """What must hold for one column; a missing value breaks `nulls` alone."""

    type: ColumnType | None = None
    """Type of the values; found by looking where it is not given."""
    optional: bool = False
    """The column may be absent."""
    nulls: NullBudget | None = None
    between: Annotated[tuple[Bound | None, Bound | None], Field(strict=False)] | None = None
    """Smallest and largest value allowed; `null` leaves a side open. A date is written as `"2030-12-31"`."""
    greater_than: Bound | None = None
    """Every value is greater than this one."""
    less_than: Bound | None = None
    """Every value is less than this one."""
    one_of: Annotated[Items[Scalar] | None, Field(alias="in")] = None
    """The only values allowed."""
    all_occur: bool = False
    """Each of the values that `in` lists occurs."""
    none_of: Annotated[Items[Scalar] | None, Field(alias="not_in")] = None
    """Values that are refused."""
    matches: str | None = None
    """Regular expression that every value matches whole, without look-around."""
    length: Annotated[tuple[Length | None, Length | None], Field(strict=False)] | None = None
    """Fewest and most characters of a text; `null` leaves a side open."""
    starts_with: str | None = None
    """What every text begins with."""
    ends_with: str | None = None
    """What every text ends with."""
    contains: str | None = None
    """What every text has in it."""
    unique: bool = False
    """No value occurs twice."""
    sensitive: bool = False
    """The column describes a person; gates may ask for fairness by it."""
    public: bool = False
    """Values of this column may be printed in reports."""
    severity: Severity = "block"
    """`warn` reports a broken rule without stopping on it."""
    leakage: Literal["check", "allowed"] = "check"
    """`allowed` keeps a column that predicts the target almost alone, or was fitted before the split."""


class Pair(Block):
    """How two columns stand to each other in every row; where one is missing, only the last two can be broken."""

    left: Column
    """The first column."""
    relation: Annotated[Relation, Field(alias="is")]
    """What holds: `{left: start, is: at_most, right: end}`; `requires`: where the first is there, the second is;
    `missing_with`: both are there or neither."""
    right: Column
    """The second column."""
    severity: Severity = "block"
    """`warn` reports a broken rule without stopping on it."""


class Freshness(Block):
    """How old the newest row may be."""

    column: Column
    """Column of dates whose newest value counts."""
    at_most_days: Annotated[float, Field(ge=0)]
    """Days by which it may lie before."""
    before: str | None = None
    """A day, as `"2030-12-31"`, or another column, whose newest value counts; `source.recorded` where not given."""
    severity: Severity = "block"
    """`warn` reports old rows without stopping on them."""


class OwnCheck(Block):
    """A function of the pipeline's own code: given a polars DataFrame, it answers a truth, or one for each row."""

    use: Annotated[str, Field(pattern=OWN_KIND.pattern)]
    """The function: `pipelines.NAME.MODULE:FUNCTION`, a file in the pipeline's own folder."""
    columns: Items[Column] = ()
    """Columns that it is given; all where none is named."""
    severity: Severity = "block"
    """`warn` reports a broken rule without stopping on it."""


class DriftLimits(Block):
    """How far the columns that are learnt from may have moved from an accepted snapshot."""

    reference: str
    """File in the pipeline's folder: a copy of `reports/data.json` of the accepted snapshot."""
    sha256: Digest | None = None
    """Digest that the file must have."""
    at_most: Annotated[dict[Statistic, Annotated[float, Field(ge=0)]], Field(min_length=1)]
    """Largest value allowed, by statistic; `wasserstein` is in the column's own unit."""
    columns: Items[Column] | None = None
    """The only columns that are held; all where none is named."""
    minimum_rows: Annotated[int, Field(ge=1)] = 500
    """With fewer rows, or values of a column, drift cannot be told from chance, and the check fails."""
    severity: Severity = "block"
    """`warn` reports drift without stopping on it."""


class NoiseLimit(Block):
    """How many labels may be wrong, by an estimate from out-of-fold predictions."""

    at_most: Share
    """Share of the rows, from 0 to 1."""
    severity: Severity = "warn"
    """`block` stops on an estimate."""


class Derived(Block):
    """A column computed from another one."""

    source: Annotated[Column, Field(alias="from")]
    """Column it is computed from."""
    rule: Rule
    """How it is computed."""
    value: Scalar | Items[Scalar] | None = None
    """What the rule compares with."""


class RowCount(Block):
    """How many rows a snapshot must have."""

    at_least: Annotated[int, Field(ge=0)] = 1
    """Fewer rows stop the pipeline."""
    at_most: Annotated[int, Field(ge=1)] | None = None
    """More rows stop the pipeline."""


class Data(Block):
    """Everything about the rows of a pipeline."""

    source: Source
    target: Column
    """Column to learn."""
    positive: Scalar | None = None
    """Label counted as positive, for a binary task; the greater one where it is not given."""
    columns: dict[Column, ColumnRule] = Field(default_factory=dict)
    """Rules by column; columns that are not named are typed by looking."""
    derive: dict[Column, Derived] = Field(default_factory=dict)
    exclude: dict[str, Items[Column]] = Field(default_factory=dict)
    """Columns that are not learnt from, by reason."""
    include: Items[Column] | None = None
    """The only columns that are learnt from."""
    entity: Column | None = None
    """Column naming the person or thing a row is about; it is never in two parts of the split."""
    keys: Items[Column] = ()
    """Columns that identify rows; kept, never learnt from."""
    rows: RowCount = RowCount()
    unique: Items[Items[Column]] = ()
    """Sets of columns whose values are unique together."""
    strict: bool = False
    """Refuse columns that are not named in `columns`."""
    ordered: bool = False
    """The columns named in `columns` stand in that order."""
    pairs: Items[Pair] = ()
    """Rules between two columns."""
    freshness: Items[Freshness] = ()
    """How old the newest row may be."""
    checks: Items[OwnCheck] = ()
    """Checks by functions of the pipeline's own code."""
    drift: DriftLimits | None = None
    label_noise: NoiseLimit | None = None
    drop_null_target: bool = False
    """Leave out the rows whose target is missing, counted in the report."""
    split: Split = Split()


def excluded(data: Data) -> tuple[str, ...]:
    """List the excluded columns, sorted."""
    return tuple(sorted({column for columns in data.exclude.values() for column in columns}))


def dump(block: Block) -> dict[str, Any]:
    """Spell a block with its YAML keys."""
    return block.model_dump(mode="json", by_alias=True)


def brief(block: Block) -> dict[str, Any]:
    """Spell a block with its YAML keys, leaving out what stands at its default."""
    return block.model_dump(mode="json", by_alias=True, exclude_defaults=True)
