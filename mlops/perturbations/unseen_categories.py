"""Texts that nobody has seen before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.perturbations.perturbation import perturbation

if TYPE_CHECKING:
    import polars as pl

    from mlops.perturbations.scene import Scene
    from mlops.statistics import hashed
else:
    pl, hashed = Later("polars"), Later("mlops.statistics.hashed")


@perturbation(strength=0.1, share=True, of="tabular", reads="text", when="when words are new")
def unseen_categories(scene: Scene, strength: float, columns: list[str]) -> list[pl.Series]:
    """A share of the texts is a word that occurs nowhere in training."""
    changed = []
    for name in columns:
        text, word = scene.test[name].cast(pl.String), "unseen"
        known = {*text.drop_nulls().to_list(), *scene.train[name].cast(pl.String).drop_nulls().to_list()}
        while word in known:
            word += "_"
        kept = pl.Series(hashed.uniform(f"unseen|{name}", scene.rows) >= strength)
        changed.append(text.zip_with(kept, pl.Series(name, [word] * len(text), dtype=pl.String)))
    return changed
