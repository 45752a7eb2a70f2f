"""Rules on what the checks of the data said, with an id each."""

from __future__ import annotations

from typing import Any

from mlops.configuration.pipeline import Pipeline


def data_rules(spec: Pipeline) -> list[dict[str, Any]]:
    """List the bounds on the data's report; a preset's come first."""
    return [
        {
            "id": rule.name,
            "metric": rule.name,
            "against": "value",
            "at_least": None,
            "at_most": rule.at_most,
            "mode": rule.mode,
            **({} if rule.on_missing == "fail" else {"on_missing": rule.on_missing}),
        }
        for rule in (*spec.preset.gates, *spec.gates)
        if rule.data is not None
    ]
