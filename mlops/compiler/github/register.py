"""The job that registers, signs and proposes: the judge's code, with what was merged beside it; it runs no other."""

from __future__ import annotations

from mlops.compiler.github import image
from mlops.compiler.github.beside import beside
from mlops.compiler.github.common_steps import (
    confidential,
    on_main,
    permissions,
    propose,
    trusted,
)
from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in, writing
from mlops.compiler.github.judges import COMMIT, JUDGE, called_beside, fetch
from mlops.compiler.github.make import LIST, MADE
from mlops.compiler.github.reviews import FILE, look_up
from mlops.compiler.github.signing import identified_to_sign, sign_steps
from mlops.compiler.github.workflow import Job, Step
from mlops.configuration.ci import Continuous
from mlops.configuration.credentials import RELEASING
from mlops.configuration.project import Project

# Any job of a run may replace another's artifact, but not its output.
_HOLD = (
    LIST
    + f"""\
found=$(files | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
if [ -n "$(find {MADE} ! -type f ! -type d)" ] || [ "$found" != "$DIGEST" ]; then
  echo '::error title=What was made is refused::the artifact is not the one that its job made'
  rm -rf {MADE}
fi
"""
)

# The same bundles that were found, by digest. What is neither taken over nor made is what its author recorded, and the
# remote gave. Predictions of the lock before are those of no bundle that is here. None of them stops another.
_BRING = f"""\
ready=
failed=
for name in $PIPELINES; do
  code=0
  said=$(.venv/bin/mlops adopt "$name") || code=$?
  case " $TAKEN $RECORDED $GONE " in
    *" $name=${{said#* }} "*) ;;
    *" $name=sha256:"*)
      echo "::error title=$name: another bundle::what is taken over now is not what was found: run this workflow again"
      code=4
      ;;
    *" $name "*)
      if [ -d "../{MADE}/$name" ]; then
        code=0
        .venv/bin/mlops adopt "$name" --made ../{MADE} || code=$?
      elif [ "$code" = 5 ] || [ "$code" = 6 ]; then
        case " $RECORDED " in *" $name "*) code=0 ;; esac
      fi
      ;;
    *) code=4 ;;
  esac
  if ! git diff --quiet -- "pipelines/$name/dvc.lock"; then rm -rf "pipelines/$name/artifacts/evaluation"; fi
  if [ "$code" = 0 ]; then ready="$ready $name"; else failed="$failed $name"; fi
done
printf '%s\\n' "ready=${{ready# }}" "failed=${{failed# }}" >> "$GITHUB_OUTPUT"
"""

_EACH = """\
passed=
failed=
for name in $PIPELINES; do
  code=0
  EACH || code=$?
  if [ "$code" = 0 ]; then passed="$passed $name"; else failed="$failed $name"; fi
done
printf '%s\\n' "passed=${passed# }" "failed=${failed# }" >> "$GITHUB_OUTPUT"
"""
_VERIFY = _EACH.replace("EACH", '.venv/bin/mlops verify "$name"')

# Nothing is registered on the word of a check: rows and scores are made again here, and judged by the rules of the base
# too: that of the push, else the commit before the last one that brought something of the pipeline.
_JUDGE = f"if [ -f ../{FILE} ]; then set -- --reviews ../{FILE}; fi\n" + _EACH.replace(
    "  EACH",
    """\
  base=$BEFORE
  if ! git cat-file -e "$base^{commit}" 2> /dev/null; then
    base=$(git log -1 --first-parent --format=%P -- "pipelines/$name" | cut -d ' ' -f 1)
  fi
  .venv/bin/mlops gate "$name" --base "${base:-HEAD}" --explain -o md "$@" >> "$GITHUB_STEP_SUMMARY\"""",
)

# Rules over the live model are judged again, beside what is live by now: 2 and 7 are verdicts on that one pipeline, 6
# is one that cannot be given.
_REGISTER = """\
registered=
unfit=
failed=
for name in $PIPELINES; do
  code=0
  .venv/bin/mlops register "$name" || code=$?
  case "$code" in
    0) registered="$registered $name" ;;
    2 | 6 | 7) unfit="$unfit $name" ;;
    *) failed="$failed $name" ;;
  esac
done
printf '%s\\n' "registered=${registered# }" "unfit=${unfit# }" "failed=${failed# }" >> "$GITHUB_OUTPUT"
"""

_PUSH = """\
for name in $PIPELINES; do .venv/bin/mlops record "$name" --push; done
"""

# What Git does not record is proposed first, and its release once that is merged.
_PROPOSE = """\
for name in $PIPELINES; do
  said=$(.venv/bin/mlops record "$name" -o json)
  echo "$said"
  if [ "$(jq -r '.[].state' <<< "$said")" = recorded ]; then
    for environment in $ENVIRONMENTS; do
      .venv/bin/mlops release "$name" --env "$environment" --propose
    done
  fi
done
"""

_REFUSE = """\
for name in $PIPELINES; do
  echo "::error title=$name is not registered::it did not pass, or could not be made again here; nothing went live"
  {
    echo "**$name is not registered.** What its data and its bundle come to here did not pass, is not what was"
    echo 'recorded, or could not be made: the log of the step that made or judged it says why. What is live stays so.'
    echo "Run this workflow again; or train it at home (\\`mlops run $name\\`), \\`dvc push\\`, and bring its"
    echo "\\`dvc.lock\\` and reports by a pull request."MORE
  } >> "$GITHUB_STEP_SUMMARY"
done
exit 1
"""
# Whoever may read a repository may download its artifacts, by which a job of this workflow hands on what it made.
_KEPT = """
    echo 'This repository is public and its bundles are kept in a cloud: no job here makes one, which anybody could'
    echo 'download then.'"""

_NO_IMAGE = """\
said='this repository is public and its bundles are kept in a cloud: anybody could download what a job hands on'
echo "::warning title=No image is pushed::$said; build it elsewhere: mlops image NAME"
"""

_UNFIT = """\
for name in $PIPELINES; do
  echo "::error title=$name is not registered::beside what is live now it does not pass, or cannot be judged"
  {
    echo "**$name is not registered.** Beside what is live by now it does not pass, or that cannot be told: the log of"
    echo "the step that registers says why. What is live stays live. Repair the model, or \\`mlops waive $name\\`;"
    echo "where something did not answer, run this workflow again."
  } >> "$GITHUB_STEP_SUMMARY"
done
exit 1
"""

_DIGEST = "needs.make.outputs.digest"
_FAILED = tuple(f"steps.{step}.outputs.failed" for step in ("bring", "verify", "judge", "register"))
_UNFITTING = "steps.register.outputs.unfit"


def register(project: Project, *, images: bool = False) -> Job:
    """Judge what was found again, and register what passes; what does not is named at the end, and stops no other.

    With `images`, what those of the registered bundles are built from is laid out for the job that builds them.
    """
    settings = project.ci
    token = {"GITHUB_TOKEN": "${{ github.token }}"}
    names = _names("needs.take.outputs.names")
    lists = {key: _value(f"needs.take.outputs.{key.lower()}") for key in ("TAKEN", "RECORDED", "GONE")}
    bring = Step("Take over what was judged", _BRING, environment=names | lists | token, identity="bring")
    here, whole, fit = (
        f"steps.{one}" for one in ("bring.outputs.ready", "verify.outputs.passed", "judge.outputs.passed")
    )
    enter = Step("Register", _REGISTER, environment=_names(fit), identity="register", condition=_some(fit))
    before = {"BEFORE": "${{ github.event.before }}"}
    verify = Step(
        "Verify the recorded runs", _VERIFY, environment=_names(here), condition=_some(here), identity="verify"
    )
    judge = Step("Judge again", _JUDGE, environment=_names(whole) | before, condition=_some(whole), identity="judge")
    known, new = _names("steps.register.outputs.registered"), _some("steps.register.outputs.registered")
    lays, hands = _images(settings, known, new) if images else ((), ())
    places = {"ENVIRONMENTS": " ".join(name for name, one in project.environments.items() if one.propose)}
    steps = (
        *beside(settings, JUDGE, COMMIT),
        *(() if confidential(settings) else _received()),
        fetch(settings, names),
        *called_beside(
            holding(settings, signed_in(settings.cloud, bring), *RELEASING),
            verify,
        ),
        look_up(JUDGE),
        *called_beside(
            judge,
            holding(settings, signed_in(settings.cloud, enter), *RELEASING),
            *sign_steps(settings, known, new),
            writing(settings, Step("Push what Git does not hold", run=_PUSH, environment=known, condition=new)),
            *propose(settings, "Propose the records and the releases", _PROPOSE, known | places, new, RELEASING),
            *lays,
        ),
        *hands,
        *_told(_REFUSE.replace("MORE", _KEPT if confidential(settings) else "")),
    )
    return Job(
        "register",
        "Register and propose",
        settings.runner,
        settings.timeout,
        steps,
        identified_to_sign(settings, permissions(settings, proposes=True, adopts=True)),
        needs=("before", "take") if confidential(settings) else ("before", "take", "make"),
        condition=f"!cancelled() && {on_main(settings)} && needs.take.outputs.names != ''",
        outputs=image.OUTPUTS if lays else {},
        environment=trusted(settings, steps, writes=bool(settings.writer or settings.signing)),
    )


def _images(settings: Continuous, names: dict[str, str], some: str) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Give the steps that lay images out and hand them on; where nothing may be handed on, one that says so."""
    if confidential(settings):
        return (), (Step("Say that no image is pushed", run=_NO_IMAGE, condition=some),)
    lays = holding(settings, signed_in(settings.cloud, image.laid_out(names, some)), *RELEASING)
    return (lays,), (image.handed_on(),)


def _received() -> tuple[Step, ...]:
    """Fetch what was made here, and throw it away where it is not what its job told of."""
    inputs: dict[str, str | int | bool] = {"name": MADE, "path": MADE, "digest-mismatch": "error"}
    title, there = "Hold it against what its job told", _some(_DIGEST)
    return (
        Step("Fetch what was made", uses="actions/download-artifact", inputs=inputs, condition=there),
        Step(title, run=_HOLD, environment={"DIGEST": _value(_DIGEST)}, condition=there),
    )


def _told(refuse: str) -> tuple[Step, ...]:
    failed = " || ".join(_some(one) for one in _FAILED)
    return (
        Step("Say what is not registered", refuse, environment=_names(*_FAILED), condition=_even(failed)),
        Step(
            "Say what was not registered beside what is live",
            _UNFIT,
            environment=_names(_UNFITTING),
            condition=_even(_some(_UNFITTING)),
        ),
    )


def _even(condition: str) -> str:
    return f"${{{{ !cancelled() && ({condition}) }}}}"


def _value(output: str) -> str:
    return f"${{{{ {output} }}}}"


def _some(output: str) -> str:
    return f"{output} != ''"


def _names(*outputs: str) -> dict[str, str]:
    """Hand a step the names that others told before it."""
    return {"PIPELINES": " ".join(_value(one) for one in outputs)}
