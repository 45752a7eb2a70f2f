"""The job that judges a pull request: the base's code, and what the change's own code left, by digest and as data."""

from __future__ import annotations

from mlops.compiler.github.batches import indexed
from mlops.compiler.github.beside import CHANGE, appoint, beside, fetch_beside
from mlops.compiler.github.common_steps import READ, approval, identified, keep
from mlops.compiler.github.framework import NAME as FRAMEWORK
from mlops.compiler.github.framework import fetch_rows, makes_rows
from mlops.compiler.github.reviews import FILE, REVIEWS, look_up
from mlops.compiler.github.workflow import Job, Step
from mlops.configuration.ci import Continuous

# Any job of a run may replace an artifact; what is fetched is held against the digest that its maker told.
_JUDGE = f"""\
code=0
read -r -a names <<< "$PIPELINES"
if [ -f {FILE} ]; then set -- --reviews {FILE}; fi
"$JUDGE" judge "${{names[@]}}" --change {CHANGE} --evidence left --record evidence -o md "$@" \\
  >> "$GITHUB_STEP_SUMMARY" || code=$?
if [ -d evidence ]; then
  files() {{ find evidence -type f ! -path '*/.*' -print0 | LC_ALL=C sort -z; }}
  digest=$(files | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
  echo "verdict-$INDEX=$digest" >> "$GITHUB_OUTPUT"
fi
exit "$code"
"""


def judge(settings: Continuous, base: str) -> Job:
    """Judge a batch by the code of the base; where nothing is affected, see that nothing had to be.

    No plan of the change's skips it: the base's own plan says what must be judged.
    """
    names = {"PIPELINES": "${{ matrix.batch.pipelines }}"}
    needs = {"INDEX": "${{ matrix.batch.index }}", "MLOPS_NEEDS": "${{ toJSON(needs) }}"}
    reader = settings.reader
    some, always = "matrix.batch.pipelines != ''", "${{ !cancelled() }}"
    artifact: dict[str, str | int | bool] = {
        "name": "report-${{ matrix.batch.name }}",
        "path": "left/report-${{ matrix.batch.name }}",
        "digest-mismatch": "error",
    }
    appointing, judging = appoint(settings)
    steps = (
        *beside(settings, base, ""),
        *appointing,
        fetch_beside(reader, names, some),
        Step("Fetch what was made", uses="actions/download-artifact", inputs=artifact, condition=some),
        *((fetch_rows(),) if makes_rows(settings) else ()),
        look_up(base),
        Step("Judge", run=_JUDGE, environment=names | needs | judging, identity="judge"),
        keep("Keep the verdict", "verdict-${{ matrix.batch.name }}", "evidence/", found="ignore", condition=always),
    )
    return Job(
        "judge",
        "Judge ${{ matrix.batch.name }}",
        settings.runner,
        settings.timeout,
        steps,
        identified((READ, REVIEWS), reader.cloud if reader else None),
        needs=("affected", "pipeline", *((FRAMEWORK,) if makes_rows(settings) else ())),
        condition="${{ !cancelled() && needs.affected.result == 'success' }}",
        matrix=("batch", "${{ fromJSON(needs.affected.outputs.batches) }}"),
        outputs=indexed(settings, "judge", "verdict"),
        environment=approval(settings, reader.environment if reader else ""),
    )
