"""Who approved waivers and accepted leaks: looked up by a step with a token, for one that judges and holds none."""

from __future__ import annotations

from mlops.compiler.github.beside import CHANGE
from mlops.compiler.github.judges import called_beside
from mlops.compiler.github.workflow import Permission, Step

REVIEWS = Permission("pull-requests", "read", "to look up who approved what")
FILE = "reviews.json"
"""What GitHub told, beside what judges; no checkout holds one there."""

# A waiver, or an accepted leak, of which nobody looked counts for nothing, so that going on without what was not told
# forgives nothing.
_LOOK = f"""\
if ! .venv/bin/mlops validate --base "$BASE" --record-reviews ../{FILE} > /dev/null; then
  rm -f ../{FILE}
  echo '::warning title=Nobody looked who approved the waivers::the code that judges cannot read the change'
fi
"""


def look_up(base: str) -> Step:
    """Look up every waiver and accepted leak that a commit, the change or the main branch has, where there is one."""
    token = {"GITHUB_TOKEN": "${{ github.token }}", "BASE": base}
    files = [f"'{home}conf/{folder}/*.yaml'" for folder in ("waiver", "accept") for home in ("", f"{CHANGE}/")]
    there = f"hashFiles({', '.join(files)}) != ''"
    return called_beside(Step("Look up who approved the waivers", run=_LOOK, environment=token, condition=there))[0]
