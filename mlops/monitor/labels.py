"""Labels that came late: read from a file and joined by prediction id, each prediction at most once.

They are read as the pipeline reads its data: every field of a CSV file is text, what stands in `nulls` is missing, and
the target becomes what it is in training, so that `yes` is true and `01` stays `01`. Whatever else the file has stays
text: an identifier is no number because it looks like one. Of several labels for one prediction the latest holds,
whatever the order of the file; labels from after `until` are not known yet. The same labels shuffled, doubled or
arrived in another order give the same result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from mlops.blocks.derived import Derived, inputs, origins
from mlops.blocks.number_form import NumberForm
from mlops.errors import ConfigurationError, DataError
from mlops.files.dialect import Dialect
from mlops.files.system import of_file
from mlops.ml.data import delimited, types
from mlops.ml.data.derive import derive
from mlops.ml.data.names import helper, refuse_kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from mlops.blocks.column_rule import ColumnType

ID, TIME = "prediction_id", "time"
_SPELLED = helper("spelled")


@dataclass(frozen=True)
class Form:
    """How labels are spelt.

    `key` is the column that names a prediction. `type` is what the target is in training, None where it stays as it
    stands in the file; `types` are those that the YAML declares, `derived` the rules of computed columns, `nulls`
    and `separator` the source's, `numbers` how those of a column are written.
    """

    target: str
    type: ColumnType | None = None
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    derived: Mapping[str, str | Derived] = field(default_factory=dict)
    nulls: tuple[str, ...] = ("",)
    separator: str | None = None
    key: str = ID
    numbers: Mapping[str, NumberForm] = field(default_factory=dict)


def type_of(classes: Sequence[object] | None) -> ColumnType:
    """Give the type of a target by its classes; without classes it is a number."""
    if classes is None:
        return "float"
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float")):
        if all(isinstance(value, kind) for value in classes):
            return name  # type: ignore[return-value]  # the loop's literals are column types
    return "float" if all(isinstance(value, int | float) for value in classes) else "category"


def read(path: Path, shown: str, form: Form, until: datetime) -> pl.DataFrame:
    """Read labels known at `until`: the key, `time`, the target, and whatever else the file has.

    Raises:
        ConfigurationError: there is no such file, or the target is not in it and cannot be computed.
        DataError: it is not such a file, or a label is not of the target's type.
    """
    if not path.is_file():
        raise ConfigurationError(f"there are no labels at {shown}", hint="check `monitor.labels`")
    if form.target in (form.key, TIME):
        raise ConfigurationError(
            f"{shown} cannot hold a target called `{form.target}`: that column names the prediction, or says when its "
            "label came",
            hint="give the target another name, with `names:` of the source",
        )
    frame = _table(path, shown, form)
    absent = [name for name in (form.key, TIME) if name not in frame.columns]
    if absent:
        raise DataError(
            f"{shown} has no column {' and '.join(f'`{name}`' for name in absent)}",
            hint=f"its columns: {form.key}, {TIME}, {form.target}",
        )
    refuse_kept(frame.columns, shown)
    frame = frame.with_columns(pl.col(form.key).cast(pl.String), _moments(frame.get_column(TIME), shown))
    frame = _latest(frame.filter(pl.col(form.key).is_not_null() & (pl.col(TIME) <= until)), form.key)
    if form.target in frame.columns:
        frame = frame if form.type is None else _typed(frame, form.target, form.type, form, shown)
    else:
        frame = _derived(frame, shown, form)
    return frame.filter(pl.col(form.target).is_not_null())


def _table(path: Path, shown: str, form: Form) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return delimited.scan(path, _dialect(path, shown, form), shown).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        if isinstance(error, OSError) and of_file(error):  # a disk that is full: the content may be sound
            raise
        raise DataError(f"{shown} cannot be read as a table of labels", hint="write CSV or Parquet") from error


def _dialect(path: Path, shown: str, form: Form) -> Dialect:
    """Take the source's separator where the header is cut by it, else the one that the file shows."""
    quote = delimited.look(path, shown)[1]
    declared = Dialect(form.separator, nulls=form.nulls, quote=quote)
    if form.separator is None or form.key in delimited.scan(path, declared, shown).collect_schema().names():
        return declared
    return Dialect(nulls=form.nulls, quote=quote)


def _typed(frame: pl.DataFrame, name: str, to: ColumnType, form: Form, shown: str) -> pl.DataFrame:
    values = frame.get_column(name)
    settled = types.settle(values, to, form.numbers.get(name))
    if settled.failed:
        settled = types.settle(values, to)  # who labels need not write as the source does
    if settled.failed:
        raise DataError(
            f"{settled.failed:,} of {frame.height:,} values of `{name}` in {shown} are not {to}, as in training",
            hint="a label that is not known is an empty field, or a text of `data.source.nulls`",
        )
    return frame.with_columns(settled.values.alias(name))


def _moments(series: pl.Series, shown: str) -> pl.Series:
    """Read times; one without a zone is UTC."""
    if series.dtype == pl.String:
        parsed = series.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        if parsed.null_count() > series.null_count():
            parsed = types.cast(series, "datetime")
        if parsed.null_count() > series.null_count():
            raise DataError(f"`{TIME}` of {shown} is not a time in every row", hint="write 2026-11-21T08:30:00Z")
        series = parsed
    if series.dtype == pl.Date:
        series = series.cast(pl.Datetime("us"))
    if not isinstance(series.dtype, pl.Datetime):
        raise DataError(f"`{TIME}` of {shown} is {series.dtype}, not a time", hint="write 2026-11-21T08:30:00Z")
    zone = series.dtype.time_zone
    series = series.dt.replace_time_zone("UTC") if zone is None else series.dt.convert_time_zone("UTC")
    return series.cast(pl.Datetime("us", "UTC")).alias(TIME)


def _latest(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Keep one row a prediction: the latest, and of equally late ones the last by what they say."""
    rest = [name for name in frame.columns if name not in (key, TIME)]
    texts = [pl.col(name).cast(pl.String).fill_null("") for name in rest]
    spelled = pl.concat_str([pl.lit(""), *texts], separator="\0")
    ordered = frame.with_columns(spelled.alias(_SPELLED)).sort(key, TIME, _SPELLED)
    return ordered.unique(key, keep="last", maintain_order=True).drop(_SPELLED)


def _derived(frame: pl.DataFrame, shown: str, form: Form) -> pl.DataFrame:
    """Compute the target from what the file has of it: typed as declared, else as the rule reads it."""
    rule = form.derived.get(form.target)
    needed = [] if rule is None else sorted(inputs(form.derived, [form.target]))
    if rule is None or not set(needed) <= set(frame.columns):
        listed = ", ".join(f"`{name}`" for name in needed)
        wanted = f"`{form.target}`" + ("" if rule is None else f", nor {listed}, which it is derived from")
        raise ConfigurationError(f"{shown} has no column {wanted}", hint=f"add the column `{form.target}`")
    typed, kinds = frame.select(needed), {}
    for name in needed:
        read_as = _read_as(rule) if isinstance(rule, Derived) and rule.source == name else None
        kinds[name] = form.types.get(name) or read_as or types.settle(frame.get_column(name)).type
        typed = _typed(typed, name, kinds[name], form, shown)
    asked = {name: form.derived[name] for name in {form.target, *origins(form.derived, form.target)} & {*form.derived}}
    made, _ = derive(typed, kinds, asked)
    return frame.with_columns(made.get_column(form.target))


def _read_as(rule: Derived) -> ColumnType | None:
    """Give the type that a rule needs; None where the column is what it looks like, a code among others."""
    if rule.rule in ("year", "is_null", "log1p"):
        return {"year": "datetime", "is_null": "string", "log1p": "float"}[rule.rule]  # type: ignore[return-value]  # types
    number = isinstance(rule.value, int | float) and not isinstance(rule.value, bool)
    return "float" if number and rule.rule != "equals" else None
