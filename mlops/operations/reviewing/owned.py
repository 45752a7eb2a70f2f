"""Who owns a file, by the CODEOWNERS that a commit has: what GitHub asks for a review by."""

from __future__ import annotations

import re
from pathlib import Path

from mlops.operations.declared.policy import policy_at
from mlops.operations.git import files_at

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks; the first that is there holds."""


def owners_of(root: Path, commit: str, file: str) -> tuple[str, ...]:
    """Name the owners of a file at a commit: by its CODEOWNERS, else the policy's; nobody where there is neither.

    Raises:
        ConfigurationError: the policy of that commit cannot be read.
    """
    found = files_at(root, commit, _PLACES)
    text = next((found[place] for place in _PLACES if place in found), None)
    if text is not None:
        return owners_in(text.decode(errors="replace"), file)
    policy = policy_at(root, commit)
    return () if policy is None else policy.owners


def owners_in(text: str, file: str) -> tuple[str, ...]:
    r"""Name the owners of a file by a CODEOWNERS file: the last line that matches holds, even if it names nobody.

    >>> owners_in("* @all\n/conf/release/prod/ @ops  # live\n", "conf/release/prod/churn.yaml")
    ('@ops',)
    """
    held: tuple[str, ...] = ()
    for line in text.splitlines():
        pattern, *owners = line.partition("#")[0].split() or [""]
        if pattern and matches(pattern, file):
            held = tuple(owners)
    return held


def matches(pattern: str, file: str) -> bool:
    """Tell whether a pattern of CODEOWNERS is about a file: those of .gitignore, without `!` and `[ ]`.

    >>> matches("/conf/release/*/churn.yaml", "conf/release/prod/churn.yaml"), matches("/docs/*", "docs/a/b.md")
    (True, False)
    """
    bare = re.sub(r"(\*\*/)+", "**/", pattern.strip("/"))  # each more would only be tried anew
    anchored = pattern.startswith("/") or "/" in bare
    tail = "/.+" if pattern.endswith("/") else "" if bare.endswith("*") and "/" in bare else "(/.+)?"
    parts = {"**/": "(.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(parts.get(part, re.escape(part)) for part in re.split(r"(\*\*/|/\*\*|\*\*|\*|\?)", bare))
    return re.fullmatch(f"{'' if anchored else '(.*/)?'}{body}{tail}", file) is not None
