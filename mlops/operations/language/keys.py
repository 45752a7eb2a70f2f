"""Which keys of the YAML a stage reads: the way from a compiled parameter back to what a person wrote."""

from __future__ import annotations

Keys = tuple[str | int, ...]

_TABLE: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("ingest", "source"), ("data", "source")),
    (("validate", "task"), ("task",)),
    (("validate", "forecast"), ("forecast",)),
    (("validate", "dated"), ("features", "datetime")),
    (("validate",), ("data",)),
    (("split", "task"), ("task",)),
    (("split", "forecast"), ("forecast",)),
    (("split", "target"), ("data", "target")),
    (("split", "entity"), ("data", "entity")),
    (("split",), ("data", "split")),
    (("features", "task"), ("task",)),
    (("features", "target"), ("data", "target")),
    (("features",), ("features",)),
    (("train", "candidates"), ("model",)),
    (("train", "trainer"), ("trainer",)),
    (("train", "seed"), ("seed",)),
    (("train", "select_by"), ("select_by",)),
    (("train", "task"), ("task",)),
    (("train", "backtest"), ("forecast", "backtest")),
    (("train", "forecast"), ("forecast",)),
    (("bundle", "golden_rows"), ("package", "golden_rows")),
    (("bundle", "cost"), ("evaluate", "cost")),
    (("bundle", "requests"), ("requests",)),
    (("evaluate", "task"), ("task",)),
    (("evaluate", "forecast"), ("forecast",)),
    (("evaluate", "target"), ("data", "target")),
    (("evaluate", "group"), ("data", "entity")),
    (("evaluate", "own"), ("gates",)),
    (("evaluate",), ("evaluate",)),
    (("measure",), ("evaluate", "serving")),
    (("gate", "rules"), ("gates",)),
    (("gate", "serving"), ("gates",)),
    (("gate", "data"), ("gates",)),
    (("gate", "own"), ("gates",)),
    (("gate", "task"), ("task",)),
    (("gate", "group"), ("data", "entity")),
    (("gate",), ("evaluate",)),
    (("package", "description"), ("description",)),
    (("package", "owners"), ("owners",)),
    (("package", "risk"), ("risk",)),
    (("package", "card"), ("card",)),
)


def written(parameter: Keys) -> Keys:
    """Translate the path of a compiled parameter into the key a person writes."""
    for compiled, key in _TABLE:
        if parameter[: len(compiled)] == compiled:
            rest = parameter[len(compiled) :]
            return key if key in (("gates",), ("data", "exclude")) else (*key, *rest)
    return parameter
