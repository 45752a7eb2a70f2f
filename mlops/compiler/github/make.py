"""What nobody judged yet, made on main: the one job there that runs the pipelines' own code, and may only read."""

from __future__ import annotations

from mlops.compiler.github.common_steps import READ, fetch_recorded, identified, keep, on_main, set_up
from mlops.compiler.github.judges import COMMIT
from mlops.compiler.github.workflow import Job, Step
from mlops.configuration.ci import Continuous

MADE = "made"
"""The folder, and the artifact, of what was made: a folder for each pipeline, as `mlops adopt --made` reads it."""
LIST = f"""\
files() {{ find {MADE} -type f -print0 | LC_ALL=C sort -z; }}
"""
_DAYS = 7  # long enough to run again what failed

_MAKE = """\
made=
failed=
for name in $PIPELINES; do
  code=0
  .venv/bin/mlops run "$name" || code=$?
  if [ "$code" = 0 ]; then made="$made $name"; else failed="$failed $name"; fi
done
printf '%s\\n' "made=${made# }" "failed=${failed# }" >> "$GITHUB_OUTPUT"
"""

# upload-artifact leaves out what begins with a dot: it is no part of what is listed either
_COLLECT = (
    f"""\
for name in $PIPELINES; do
  here="pipelines/$name"
  mkdir -p "{MADE}/$name"
  cp -RL "$here/reports/." "$here/dvc.lock" "$here/artifacts/bundle" "{MADE}/$name/"
  if [ -d "$here/comparisons" ]; then cp -RL "$here/comparisons" "{MADE}/$name/"; fi
done
find {MADE} -name '.*' -prune -exec rm -rf {{}} +
"""
    + LIST
    + """\
echo "digest=$(files | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)" >> "$GITHUB_OUTPUT"
"""
)

_SAY = """\
for name in $PIPELINES; do
  echo "::error title=$name could not be made::or it did not pass: the log of the step that made it says why"
done
exit 1
"""


def make(settings: Continuous) -> Job:
    """Run what could not be taken over, as the job of a pull request does; it tells the digest of what it leaves."""
    reader = settings.reader
    made, failed = ({"PIPELINES": f"${{{{ steps.make.outputs.{name} }}}}"} for name in ("made", "failed"))
    names = {"PIPELINES": "${{ needs.take.outputs.gone }}"}
    some = "steps.make.outputs.made != ''"
    steps = (
        *set_up(settings, COMMIT, history=True),
        fetch_recorded(reader, names),
        Step("Make", run=_MAKE, environment=names, identity="make"),
        Step("Collect what was made", run=_COLLECT, environment=made, identity="collect", condition=some),
        keep("Keep what was made", MADE, f"{MADE}/", found="error", condition=some, days=_DAYS),
        Step("Say what was not made", run=_SAY, environment=failed, condition="steps.make.outputs.failed != ''"),
    )
    return Job(
        "make",
        "Make the others",
        settings.runner,
        settings.timeout,
        steps,
        identified((READ,), reader.cloud if reader else None),
        needs=("before", "take"),
        condition=f"{on_main(settings)} && needs.take.outputs.gone != ''",
        outputs={"digest": "${{ steps.collect.outputs.digest }}"},
        environment=reader.environment if reader else "",
    )
