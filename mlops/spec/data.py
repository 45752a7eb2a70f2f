"""`data:` where rows come from, what must hold for them, what to learn and how to divide them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mlops.spec.block import Block, Column, Digest, Items, Share

Scalar = str | int | float | bool
ColumnType = Literal["int", "float", "bool", "string", "category", "date", "datetime"]
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


class NullBudget(Block):
    """How many values of a column may be missing."""

    at_most: Share
    """Share of the rows, from 0 to 1."""


class ColumnRule(Block):
    """What must hold for one column."""

    type: ColumnType | None = None
    """Type of the values; found by looking where it is not given."""
    nulls: NullBudget | None = None
    between: Annotated[tuple[float | None, float | None], Field(strict=False)] | None = None
    """Smallest and largest value allowed; `null` leaves a side open."""
    one_of: Annotated[Items[Scalar] | None, Field(alias="in")] = None
    """The only values allowed."""
    matches: str | None = None
    """Regular expression that every value matches whole."""
    unique: bool = False
    """No value occurs twice."""
    sensitive: bool = False
    """The column describes a person; gates may ask for fairness by it."""
    public: bool = False
    """Values of this column may be printed in reports."""
    severity: Literal["block", "warn"] = "block"
    """`warn` reports a broken rule without stopping on it."""
    leakage: Literal["check", "allowed"] = "check"
    """`allowed` keeps a column that predicts the target almost alone."""


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


class Fractions(Block):
    """Shares of the rows in each part; they add up to 1."""

    train: Annotated[float, Field(gt=0, lt=1)] = 0.6
    """Share that is learnt from."""
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share that chooses among candidates and stops training."""
    test: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share that gates judge on."""


class Split(Block):
    """How rows are divided into train, validation and test."""

    by: Literal["random", "stratified", "group", "time"] = "random"
    """Row by row, class by class, group by group, or oldest first."""
    key: Column | None = None
    """Column that groups rows, or orders them in time."""
    fractions: Fractions = Fractions()
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the split."""


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
