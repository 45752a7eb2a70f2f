"""`.gitlab-ci.yml`: the chain of a merge request, `check → run → judge → verdict`.

GitLab keeps what a job leaves apart by job: a runner uploads only the paths that the file names, and only for the job
whose token it has. So each job of `run` has a folder of its own by its number, and nobody has to tell digests. No job
that runs the change's own code passes a variable on.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from mlops.backends.backend import backend
from mlops.blocks.block import Block
from mlops.files.compiled_text import Value, document, given
from mlops.plan.pipeline import Plan
from mlops.plan.review import Review
from mlops.plan.shell import FETCH, FIND, INSTALL, RUN, plain

FILE = ".gitlab-ci.yml"
Image = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._:/-]{0,200}@sha256:[0-9a-f]{64}$")]


class GitLab(Block):
    """Keys of `ci:` that GitLab alone has."""

    image: Image | None = None
    """Container image of GitLab's jobs, by its digest, with Python, Git and jq; the runner's own where absent."""


# Without merged results the pipeline runs the branch as it is: then it must have all that it is compared with, or what
# was judged would not be what is merged.
# https://docs.gitlab.com/ci/pipelines/merged_results_pipelines/
_BASE = """\
BASE=$CI_MERGE_REQUEST_TARGET_BRANCH_SHA
if [ -z "$BASE" ]; then
  git fetch --quiet origin "refs/heads/MAIN"
  BASE=$(git rev-parse FETCH_HEAD)
fi
if ! git merge-base --is-ancestor "$BASE" HEAD; then
  echo "the branch has not all that MAIN has: rebase it, or turn merged results pipelines on"
  exit 3
fi
"""
_CHECK = """\
.venv/bin/mlops validate --base "$BASE" --author "$GITLAB_USER_LOGIN"
.venv/bin/mlops compile --check
"""
_SHOW = """\
.venv/bin/mlops plan --base "$BASE" -o md
"""

# GitLab knows the number of jobs when it reads the file, not when the plan is there: job 2 of 4 takes the second
# pipeline, the sixth, the tenth. One that has none ends before it installs anything.
_PART = '[range($part - 1; .affected | length; $jobs) as $at | .affected[$at]] | join(" ")'
_SHARE = f"""\
rm -rf evidence left
PIPELINES=$(jq -r --argjson part "$CI_NODE_INDEX" --argjson jobs "$CI_NODE_TOTAL" '{_PART}' plan.json)
RECORDED=$(jq -r '(.recorded // []) | join(" ")' plan.json)
if [ -z "$PIPELINES" ]; then exit 0; fi
"""

# Whatever ran is collected, however it ended. Names that begin with a dot are no part of what is judged.
_RUN = """\
code=0
(
MADE
) || code=$?
"""
_COLLECT = """\
mkdir -p evidence left
for here in evidence/*/; do
  from="pipelines/$(basename "$here")"
  if [ -d "$from/reports" ]; then cp -R "$from/reports/." "$here"; fi
  case "$(cat "$here/exit-code" 2> /dev/null || true)" in 0 | 2 | 7) ended=yes ;; *) ended= ;; esac
  if [ -n "$ended" ] && [ -f "$from/dvc.lock" ] && [ -f "$from/artifacts/bundle/manifest.json" ]; then
    cp -RL "$from/dvc.lock" "$from/artifacts/bundle" "$here"
    if [ -d "$from/comparisons" ]; then cp -R "$from/comparisons" "$here"; fi
  fi
done
find evidence -name '.*' -prune -exec rm -rf {} +
mv evidence "left/$CI_NODE_INDEX"
exit "$code"
"""

# The code that judges is the base's, in a checkout of its own; the change lies in it as data.
_BESIDE = """\
git clone --quiet --no-checkout . judge
git clone --quiet --no-checkout . judge/change
for place in judge judge/change; do git -C "$place" update-ref "refs/remotes/origin/MAIN" "$BASE"; done
git -C judge checkout --quiet --detach "$BASE"
git -C judge/change checkout --quiet --detach "$CI_COMMIT_SHA"
cd judge
"""

# In the words of GitHub's `needs`: which job had which pipelines, and the digest of what came from it.
_TOLD = f"""\
batches='[]'
told='{{}}'
mkdir left
for part in $(seq 1 JOBS); do
  names=$(jq -r --argjson part "$part" --argjson jobs JOBS '{_PART}' ../plan.json)
  if [ -d "../left/$part" ]; then
    mv "../left/$part" evidence
    digest=$(find evidence -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
    mv evidence "left/report-$part"
    told=$(jq -c --arg key "evidence-$part" --arg digest "$digest" '.[$key] = $digest' <<< "$told")
  fi
  batch='. + [{{name: ($part | tostring), pipelines: $names, index: $part}}]'
  batches=$(jq -c --argjson part "$part" --arg names "$names" "$batch" <<< "$batches")
done
needs='{{affected: {{outputs: {{batches: $batches}}}}, pipeline: {{outputs: $told}}}}'
MLOPS_NEEDS=$(jq -n -c --arg batches "$batches" --argjson told "$told" "$needs")
export MLOPS_NEEDS
"""
_JUDGE = """\
.venv/bin/mlops judge --change change --place
read -r -a names <<< "$(jq -r '.affected | join(" ")' ../plan.json)"
if [ "${#names[@]}" != 0 ] && ! .venv/bin/mlops judge "${names[@]}" --change change --fetch; then
  echo "not all data was fetched: the DVC remote cannot be read here"
fi
.venv/bin/mlops judge "${names[@]}" --change change --evidence left --record verdicts -o md
"""


def render(plan: Plan) -> dict[str, str]:
    """Write the one file; it is the same whatever pipelines there are."""
    return {FILE: document("conf/", _file(plan.review))}


def _file(review: Review) -> dict[str, Value]:
    base = _BASE.replace("MAIN", review.branch)
    beside = _BESIDE.replace("MAIN", review.branch)
    told = _TOLD.replace("JOBS", str(review.jobs))
    install = INSTALL[review.install]
    left = {"paths": ["left/$CI_NODE_INDEX/"], "when": "always"}
    judged = {"paths": ["judge/verdicts/"], "when": "always"}
    needs = [{"job": name, "artifacts": True} for name in ("check", "run")]
    return {
        "workflow": {"rules": [{"if": _asked(review.branch)}]},
        "stages": ["check", "run", "judge", "verdict"],
        # a checkout that an earlier job left, and its settings, are not taken over; the judge needs the history
        "variables": {"GIT_DEPTH": "0", "GIT_STRATEGY": "clone"},
        "default": _default(review),
        "check": _job("check", 15, base, install, _CHECK, FIND, _SHOW) | {"artifacts": {"paths": ["plan.json"]}},
        "run": _job(
            "run",
            review.timeout,
            _SHARE,
            install,
            FETCH,
            _RUN.replace("MADE", RUN.strip()),
            _COLLECT,
        )
        | {"needs": needs[:1], "parallel": review.jobs, "artifacts": left},
        "judge": _job("judge", review.timeout, base, beside, install, told, _JUDGE)
        | {"needs": needs, "when": "always", "artifacts": judged},
        "verdict": _job("verdict", 5, "echo 'every job before this one succeeded'\n")
        | {"needs": ["check", "run", "judge"], "variables": {"GIT_STRATEGY": "none"}},
    }


def _asked(branch: str) -> str:
    return f'$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "{branch}"'


def _default(review: Review) -> dict[str, Value]:
    return given(interruptible=True, image=review.own.get("image"), tags=list(review.runner) or None)


def _job(stage: str, minutes: int, *script: str) -> dict[str, Value]:
    return {"stage": stage, "timeout": f"{minutes} minutes", "script": [plain(lines) for lines in script]}


KIND = backend(
    __name__,
    __doc__,
    render,
    asked="ci",
    called="GitLab",
    block=GitLab,
    most_jobs=200,  # https://docs.gitlab.com/ci/yaml/#parallel
    folder=".gitlab",
    change="merge request",
    covers="change",
    places=(FILE,),
    reviewed=("/.gitlab-ci.yml", "/.gitlab/"),
)
