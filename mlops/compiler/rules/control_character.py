r"""control-character: a name, label or description holds a line break or another unseen character.

What: text with control characters, line separators or characters that turn the reading direction; a tab is allowed,
    and a query may have lines.
Why: such a label begins a new line in reports, logs and workflows, and can pretend to be something else there.
Fix: write the text on one line; clean the values in the source before they are ingested.
Example: `columns: {plan: {in: ["paid\n- run: id"]}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.strings import spelling, strings
from mlops.plan.pipeline import PipelinePlan

UNSEEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find text that would not stay on its line."""
    for stage in pipeline.stages:
        if "\\" not in spelling(stage.section):
            continue
        for path, text in strings(stage.section):
            query = stage.name == "ingest" and path[-1:] == ("query",)
            if not query and (match := UNSEEN.search(text)):
                message = f"text with the unseen character U+{ord(match.group()):04X}"
                hint = "write it on one line, without control characters"
                yield Finding((), message, hint, "control-character", "error", parameter=(stage.name, *path))
