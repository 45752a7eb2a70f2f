"""The rows of a change that moves the program itself, made by its version of that and by no pipeline's own code.

Only a repository that brings the program has such a job: elsewhere a change moves no more than a pin, and the release
that it moves to judges.
"""

from __future__ import annotations

from mlops.compiler.github.batches import indexed
from mlops.compiler.github.common_steps import READ, approval, identified, keep, reading, set_up
from mlops.compiler.github.workflow import Job, Step
from mlops.configuration.ci import Continuous
from mlops.plan.shell import INSTALLED

NAME = "framework"
_FOLDERS = [place.rstrip("/") for place in INSTALLED["make"] if place.endswith("/")]
MOVED = """\
echo "framework=$(jq '(.labels // []) | index("framework-change") != null' plan.json)" >> "$GITHUB_OUTPUT"
"""
"""The lines by which the job that plans says whether a change moves the program."""

# Before anything of the change runs. Whoever reviews the change looks at what jobs install, so that nothing else may
# say what comes out: no module of a pipeline, none beside the program that Python takes for its own (sitecustomize),
# nothing that nobody can read, and nothing that lies where this job is about to put what it makes.
_PROGRAM = " -o ".join(f"-path .{folder}" for folder in ("/.git", *_FOLDERS))
_STRIP = f"""\
git ls-files -z -- .venv .mlops evidence | xargs -0 rm -f
find . -path ./.git -prune -o ! -type d \\( -name '*.py[cdo]' -o -name '*.so' \\) -exec rm -f {{}} +
find . \\( {_PROGRAM} \\) -prune -o ! -type d -name '*.py' -exec rm -f {{}} +
"""

# By their digests, as the judge is given them: DVC itself would write wherever a list of files in the remote says.
_FETCH = """\
read -r -a names <<< "$PIPELINES"
if ! {}; then
  echo '::warning title=Not all data was fetched::the DVC remote cannot be read here'
fi
"""

# Rows stay here: what is kept are their digests, and what the reports say of them.
_MAKE = """\
code=0
read -r -a names <<< "$PIPELINES"
.venv/bin/mlops judge "${names[@]}" --rows evidence || code=$?
if [ -d evidence ]; then
  files() { find evidence -type f ! -path '*/.*' -print0 | LC_ALL=C sort -z; }
  echo "rows-$INDEX=$(files | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)" >> "$GITHUB_OUTPUT"
fi
exit "$code"
"""


def makes_rows(settings: Continuous) -> bool:
    """Whether a change may move the program itself, which jobs install from the checkout."""
    return settings.install == "make"


def framework(settings: Continuous) -> Job:
    """Make the rows of a batch by the change's version, and tell the digest of what is said of them.

    It says nothing of a verdict: where its rows are needed and are not there, the judge says so.
    """
    names = {"PIPELINES": "${{ matrix.batch.pipelines }}"}
    index = {"INDEX": "${{ matrix.batch.index }}"}
    reader = settings.reader
    fetch, signed = reading(reader, '.venv/bin/mlops judge "${names[@]}" --change . --fetch')
    checkout, *install = set_up(settings)
    steps = (
        checkout,
        Step("Leave nothing that runs but the program", run=_STRIP),
        *install,
        Step("Fetch the data", run=_FETCH.format(fetch), environment=names | signed),
        Step("Make the rows", run=_MAKE, environment=names | index, identity="rows"),
        keep(
            "Keep their digests",
            "rows-${{ matrix.batch.name }}",
            "evidence/",
            found="ignore",
            condition="${{ !cancelled() }}",
        ),
    )
    return Job(
        NAME,
        "Rows of ${{ matrix.batch.name }}",
        settings.runner,
        settings.timeout,
        steps,
        identified((READ,), reader.cloud if reader else None),
        needs=("affected",),
        condition="needs.affected.outputs.count != '0' && needs.affected.outputs.framework == 'true'",
        matrix=("batch", "${{ fromJSON(needs.affected.outputs.batches) }}"),
        outputs=indexed(settings, "rows", "rows"),
        environment=approval(settings, reader.environment if reader else ""),
    )


def fetch_rows() -> Step:
    """Bring what the job of this batch told of; the judge holds it against that."""
    artifact: dict[str, str | int | bool] = {
        "name": "rows-${{ matrix.batch.name }}",
        "path": "left/rows-${{ matrix.batch.name }}",
        "digest-mismatch": "error",
    }
    told = f"needs.{NAME}.outputs[format('rows-{{0}}', matrix.batch.index)] != ''"
    return Step("Fetch what rows were made", uses="actions/download-artifact", inputs=artifact, condition=told)
