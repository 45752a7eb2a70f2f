"""unpinned-action: a workflow uses an action by a name that can move.

What: a step's `uses` names a tag, a branch or an image without a digest.
Why: who controls the tag controls what runs with the job's credentials (tj-actions, March 2025).
Fix: name the commit: `owner/action@` and 40 hexadecimal digits. A bare `owner/action` is pinned by the compiler.
Example: `uses: actions/checkout@v4`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.pipeline import Plan

_PINNED = re.compile(
    r"\./[\w./-]+"  # of this commit
    r"|[\w-][\w.-]*/[\w.-]+(/[\w./-]+)?(@[0-9a-f]{40})?"  # bare names get their commit from the back end's table
    r"|docker://[\w./:-]+@sha256:[0-9a-f]{64}"
)


def check(plan: Plan) -> Iterator[Finding]:
    """Find steps whose action could change under them."""
    for job in plan.ci.jobs:
        for call in job.calls:
            if call.uses and not _PINNED.fullmatch(call.uses):
                message = f"{job.file}, job {job.name}: `{call.uses}` is not pinned to a commit"
                hint = "write `owner/action@` and the 40 digits of a commit"
                yield Finding(("ci",), message, hint, "unpinned-action", "error")
