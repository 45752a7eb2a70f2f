"""`orchestrate/airflow/<pipeline>.py`: a DAG whose tasks are the stages, each run by `mlops run NAME --stage STAGE`.

It decides nothing: what has to run, and what it made, stays DVC's business, so that the lock afterwards is that of
`mlops run NAME`. Stages of one pipeline wait for each other anyway, which is why they stand in a row; pipelines run
side by side.
"""

from __future__ import annotations

from mlops.backends.backend import backend
from mlops.files.compiled_text import header
from mlops.plan.pipeline import PipelinePlan, Plan

# Names are all that comes from the YAML: no text of it becomes Python, or the Jinja of a `bash_command`. A verdict is
# not mended by another try; `max_active_runs` keeps two runs of Airflow's from taking turns.
_DAG = '''\
"""The stages of {name}, in their order; DVC decides what each has to do."""

from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, chain

ROOT = Path(__file__).resolve().parents[2]  # a checkout with its .venv, which every worker sees under this path
STAGES = {stages}


def run(stage: str) -> BashOperator:
    """Run one stage; exit 3 says that one before it is stale, 2 and 7 that the gate did not pass."""
    command = f".venv/bin/mlops run {name} --stage {{stage}}"
    return BashOperator(task_id=stage, bash_command=command, cwd=str(ROOT), retries=0)


with DAG("{project}.{name}", schedule=None, catchup=False, max_active_runs=1, tags=["mlops"]):
    chain(*map(run, STAGES))
'''


def render(plan: Plan) -> dict[str, str]:
    """Write a DAG for each pipeline."""
    return {f"orchestrate/airflow/{pipeline.name}.py": _text(plan.project, pipeline) for pipeline in plan.pipelines}


def _text(project: str, pipeline: PipelinePlan) -> str:
    stages = "".join(f'    "{stage.name}",\n' for stage in pipeline.stages)
    return header(pipeline.source) + _DAG.format(project=project, name=pipeline.name, stages=f"(\n{stages})")


KIND = backend(
    __name__,
    __doc__,
    render,
    asked="orchestrate",
    called="Airflow",
    places=("orchestrate/airflow/*.py",),
    reviewed=("/orchestrate/",),
)
