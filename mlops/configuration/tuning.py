"""What `tune:` comes to: the space of each candidate that is searched, and how many trials it has."""

from __future__ import annotations

from mlops.blocks.tune import Space, Tune
from mlops.configuration.model import Own
from mlops.configuration.pipeline import Pipeline
from mlops.kinds.union import Kinded
from mlops.models import MODELS

USUAL = "default"
"""The space of a kind where nothing is said."""


def tune_of(spec: Pipeline) -> Tune:
    """Give the block, or its defaults where there is none."""
    return Tune() if spec.tune is None else spec.tune


def known(model: Kinded) -> dict[str, Space]:
    """Give the spaces of a candidate's kind, by name; code of a user's own has none."""
    kind = None if isinstance(model, Own) else MODELS.get(model.kind)
    found: dict[str, Space] = {} if kind is None else kind.can.get("spaces", {})
    return found


def spaces(spec: Pipeline) -> dict[str, Space]:
    """Give what is searched of each candidate, by name: of those that `space` names, of all where it names none."""
    asked = tune_of(spec).space or {name: USUAL for name, model in spec.model.items() if USUAL in known(model)}
    found = {
        name: known(spec.model[name]).get(each, {}) if isinstance(each, str) else each for name, each in asked.items()
    }
    return dict(sorted(found.items()))


def dealt(spec: Pipeline) -> dict[str, int]:
    """Deal trials to the candidates that are searched: as equally as can be, the first by name have one more."""
    names, trials = list(spaces(spec)), tune_of(spec).trials
    if isinstance(trials, dict):
        return {name: trials[name] for name in names if name in trials}
    each, more = divmod(trials, max(1, len(names)))
    counts = {name: each + (place < more) for place, name in enumerate(names)}
    return {name: count for name, count in counts.items() if count}


INSIDE = " ".join(f"tune.{key}" for key in Tune.model_fields)
"""The keys inside the block: of these only the search is made, and what it leaves for training."""
