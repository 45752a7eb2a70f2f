"""What is new on main, and what of it the runs of pull requests judged: the job that finds both, and makes nothing."""

from __future__ import annotations

from mlops.compiler.github.beside import beside
from mlops.compiler.github.common_steps import LOOK, READ, TAKE, identified, on_main, trusted
from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in
from mlops.compiler.github.judges import COMMIT, JUDGE, called_beside, fetch
from mlops.compiler.github.workflow import Job, Step
from mlops.configuration.ci import Continuous
from mlops.configuration.credentials import RELEASING

# A bundle is new where the merge brought its report, or changed what it is made from and left the making to CI; a
# dispatch, or a first push, takes all that have a report or were never made as they stand: what an earlier run left
# undone is taken up by the next. 2 is a plan beyond its budget: it was merged all the same.
_FIND = """\
unread() {
  echo "::error title=Nothing is registered::$JUDGE, whose code judges, cannot read what was merged: see what it says"
  {
    echo "**Nothing is registered.** What main was before, \\`$JUDGE\\`, judges, and it cannot read what was merged, or"
    echo 'compiles it otherwise. Where mlops itself is another now: merge anything after it, then start this workflow'
    echo 'by hand; the code that was merged judges from then on. A change of mlops is best merged by itself.'
  } >> "$GITHUB_STEP_SUMMARY"
  exit 7
}
if [ -n "$BEFORE" ] && git cat-file -e "$BEFORE^{commit}" 2> /dev/null; then
  reports=$(git diff --name-only --diff-filter=d "$BEFORE" HEAD -- 'pipelines/*/reports/bundle.json')
  set -- --base "$BEFORE"
else
  reports=$(git ls-files 'pipelines/*/reports/bundle.json')
  set --
fi
code=0
plan=$(.venv/bin/mlops plan "$@" -o json) || code=$?
case "$code" in
  0 | 2) ;;
  1) unread ;;
  *) exit "$code" ;;
esac
affected=$(jq -r '(.affected - (.verified // []))[]' <<< "$plan")
names=$( (echo "$reports" | cut -d / -f 2; echo "$affected") | sort -u | tr '\\n' ' ' | sed 's/^ *//; s/ *$//')
if ! .venv/bin/mlops compile --check; then
  if [ -n "$names" ]; then unread; fi
  echo '::notice title=Compiled by another mlops::what that makes anew is found by a run that is started by hand'
fi
echo "names=$names" >> "$GITHUB_OUTPUT"
"""

# Of each pipeline: what its author recorded fits, and the remote gave it; or the bundle that was judged can be taken
# over, by its digest; or it is to be made. 6 is a bundle that cannot be had, 5 one that is not what its job made.
_TAKE = """\
kept() {
  .venv/bin/mlops verify "$1" && [ -d "pipelines/$1/artifacts/bundle" ]
}
taken=
recorded=
gone=
for name in $PIPELINES; do
  if kept "$name"; then
    recorded="$recorded $name"
    continue
  fi
  code=0
  bundle=$(.venv/bin/mlops adopt "$name") || code=$?
  case "$code" in
    0) taken="$taken $name=${bundle#* }" ;;
    5)
      echo "::warning title=$name: an artifact was refused::it is not what its job made: $name is made again"
      gone="$gone $name"
      ;;
    6)
      echo "::notice title=$name is made again::what its pull request judged cannot be had"
      gone="$gone $name"
      ;;
    *) echo "::error title=$name was not taken over::and is not registered: see what it says" ;;
  esac
done
printf '%s\\n' "taken=${taken# }" "recorded=${recorded# }" "gone=${gone# }" >> "$GITHUB_OUTPUT"
"""


def take(settings: Continuous) -> Job:
    """Find what is new, and what of it can be taken over; nothing of it is kept, but its digests."""
    names, found = {"PIPELINES": "${{ steps.find.outputs.names }}"}, "steps.find.outputs.names != ''"
    told = {"BEFORE": "${{ github.event.before }}", "JUDGE": JUDGE}
    token = {"GITHUB_TOKEN": "${{ github.token }}"}
    look = Step("Find what was judged", _TAKE, environment=names | token, identity="take", condition=found)
    steps = (
        *beside(settings, JUDGE, COMMIT),
        *called_beside(Step("Find the new bundles", run=_FIND, environment=told, identity="find")),
        fetch(settings, names, found),
        *called_beside(
            holding(settings, signed_in(settings.cloud, look), *RELEASING),
        ),
    )
    outputs = {"names": "${{ steps.find.outputs.names }}"} | {
        name: f"${{{{ steps.take.outputs.{name} }}}}" for name in ("taken", "recorded", "gone")
    }
    return Job(
        "take",
        "Find and take over",
        settings.runner,
        settings.timeout,
        steps,
        identified((READ, TAKE, LOOK), settings.cloud),
        needs=("before",),
        condition=on_main(settings),
        outputs=outputs,
        environment=trusted(settings, steps),
    )
