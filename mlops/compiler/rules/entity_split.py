"""entity-split: rows about one entity may fall into several parts of the split.

What: the pipeline declares an entity (a person, a machine) and splits rows without regard to it.
Why: a model then meets at test time the very people it learnt from, and its score is too good.
Fix: `split: {by: group, key: ENTITY}`.
Example: `entity: patient` with `split: {by: random}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.sections import SplitBy, read
from mlops.plan.pipeline import PipelinePlan


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find a split that does not go by the declared entity."""
    split = read(SplitBy, pipeline.stage("split").section)
    entity = split.entity
    if entity is not None and (split.by, split.key) != ("group", entity):
        message = f"rows of one `{entity}` may fall into several parts: the split goes by {split.by}"
        yield Finding(
            ("data", "split"), message, f"split by group: `split: {{by: group, key: {entity}}}`", "entity-split"
        )
