"""A change beside its judge: the code that judges is another commit's, and what it judges reaches the job as data."""

from __future__ import annotations

from mlops.compiler.github.common_steps import reading, set_up
from mlops.compiler.github.workflow import Step
from mlops.configuration.ci import Continuous, Reader

CHANGE = "change"
"""The folder, beside what judges, that the change is checked out into."""

# A release of before knows nothing of this: that is no verdict on the change, and no defect of it. What the change
# tracks of `.dvc`, `.mlops` and `.venv` is none of the judge's; nothing of it is run or followed. What the judge's own
# install left there, digests of its code by its bytes, spares each verb the reading of it.
_PLACE = f"""\
if ! .venv/bin/mlops judge --help > /dev/null 2>&1; then
  echo '::error title=The base cannot judge::its release of mlops has no verb judge: merge an upgrade first'
  exit 7
fi
.venv/bin/mlops judge --change {CHANGE} --place
if [ -d .mlops/cache ]; then mkdir {CHANGE}/.mlops && cp -R .mlops/cache {CHANGE}/.mlops/; fi
"""

# A fork may not read the remote: what the change itself holds is all there is then.
_FETCH = """\
read -r -a names <<< "$PIPELINES"
if ! {}; then
  echo '::warning title=Not all data was fetched::the DVC remote cannot be read here'
fi
"""

# What the change pins is installed beside what the base pins, by its hashes alone; pip takes a path in a requirements
# file from the folder that it is called in, whose files Python must not take for modules.
_APPOINT = f"""\
judge=.venv/bin/mlops
who=$(.venv/bin/mlops judge --change {CHANGE} --who)
if [ "$who" = head ]; then
  python -P -m venv .judge
  sed -n '/^setuptools==/,/[^\\]$/p' {CHANGE}/requirements.txt > .judge/build.txt
  pip="$PWD/.judge/bin/python -P -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps"
  if [ -z "$PYTHONDONTWRITEBYTECODE" ]; then pip="$pip --no-compile"; fi
  $pip --only-binary :all: --requirement .judge/build.txt
  (cd {CHANGE} && $pip --no-build-isolation --requirement requirements.txt)
  judge=.judge/bin/mlops
fi
echo "judged by the release that the $who pins"
echo "judge=$judge" >> "$GITHUB_OUTPUT"
"""


def appoint(settings: Continuous) -> tuple[tuple[Step, ...], dict[str, str]]:
    """Install who judges, where that is not the base: the release that an upgrade, and nothing else, moves to.

    Gives the environment of the step that judges, in which `JUDGE` is the program. A repository that brings the program
    itself pins none: its base judges.
    """
    if settings.install != "lock":
        return (), {"JUDGE": ".venv/bin/mlops"}
    step = Step("Appoint who judges", run=_APPOINT, identity="appoint")
    return (step,), {"JUDGE": "${{ steps.appoint.outputs.judge }}"}


def fetch_beside(reader: Reader | None, names: dict[str, str], condition: str = "") -> Step:
    """Bring the data of the pipelines that `PIPELINES` lists from the judge's own remote, by its digests.

    DVC lays nothing out: a list of files in the remote may name one outside of its folder, as of what judges.
    """
    fetch = f'.venv/bin/mlops judge "${{names[@]}}" --change {CHANGE} --fetch'
    run, signed = reading(reader, fetch)
    return Step("Fetch the data", run=_FETCH.format(run), environment=names | signed, condition=condition)


def beside(settings: Continuous, judge_ref: str, change_ref: str) -> tuple[Step, ...]:
    """Check out the judge's commit and install what it pins; then the change, into a folder of its own, as data.

    Both come with their history: the judge looks its live models up in its own, and compares the change in the
    change's. An empty `change_ref` is the commit that the event is about.
    """
    inputs: dict[str, str | int | bool] = {"path": CHANGE, "fetch-depth": 0, "persist-credentials": False}
    if change_ref:
        inputs = {"ref": change_ref, **inputs}
    return (
        *set_up(settings, judge_ref, history=True),
        Step("Check out the change beside it", uses="actions/checkout", inputs=inputs),
        Step("Put the change in its place", run=_PLACE),
    )
