"""`orchestrate/jenkins/<pipeline>.groovy`: a Jenkinsfile whose stages are the pipeline's, run by `mlops run --stage`.

It decides nothing, as the DAG for Airflow. A workspace that an earlier build left is not taken over: what the commit
pins is installed first, and what is recorded fetched. Nothing is pushed: lock and reports are kept with the build.
"""

from __future__ import annotations

from mlops.backends.backend import backend
from mlops.files.compiled_text import header
from mlops.plan.pipeline import PipelinePlan, Plan
from mlops.plan.shell import FETCH, INSTALL, plain

# Names are all that comes from the YAML. No `retry`: a verdict is not mended by another try.
_FILE = """\
pipeline {{
    agent any
    options {{
        disableConcurrentBuilds()
        skipDefaultCheckout()
        timeout(time: {timeout}, unit: 'MINUTES')
    }}
    environment {{
        PIPELINES = '{name}'
    }}
    stages {{
        stage('Check out') {{
            steps {{
                deleteDir()
                checkout scm
            }}
        }}
{stages}    }}
    post {{
        always {{
            archiveArtifacts artifacts: 'pipelines/{name}/dvc.lock,pipelines/{name}/reports/**', allowEmptyArchive: true
        }}
    }}
}}
"""
_STAGE = """\
        stage('{title}') {{
            steps {{
                sh '''{lines}'''
            }}
        }}
"""


def render(plan: Plan) -> dict[str, str]:
    """Write a Jenkinsfile for each pipeline."""
    return {f"orchestrate/jenkins/{pipeline.name}.groovy": _text(plan, pipeline) for pipeline in plan.pipelines}


def _text(plan: Plan, pipeline: PipelinePlan) -> str:
    said = {"Install": plain(INSTALL[plan.review.install]), "Fetch what is recorded": plain(FETCH)}
    said |= {stage.name: f".venv/bin/mlops run {pipeline.name} --stage {stage.name}" for stage in pipeline.stages}
    stages = "".join(_STAGE.format(title=title, lines=quoted(lines)) for title, lines in said.items())
    text = _FILE.format(name=pipeline.name, timeout=plan.review.timeout, stages=stages)
    return header(pipeline.source, comment="//") + text


def quoted(lines: str) -> str:
    r"""Spell lines as they stand between three single quotes of Groovy, which reads a `$` there as it is.

    Example:
        >>> print(quoted("sed 's/[^\\]$//'"))
        sed \'s/[^\\]$//\'
    """
    return lines.replace("\\", "\\\\").replace("'", "\\'")


KIND = backend(
    __name__,
    __doc__,
    render,
    asked="orchestrate",
    called="Jenkins",
    places=("orchestrate/jenkins/*.groovy",),
    reviewed=("/orchestrate/",),
)
