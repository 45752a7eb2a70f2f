"""Jobs of a matrix that share pipelines out among them, however many there are."""

from __future__ import annotations

from mlops.configuration.ci import Continuous

_BATCHED = """\
batches=$(jq -c --argjson jobs JOBS 'SOME.KEY
  | length as $all | ([1, (($all + $jobs - 1) / $jobs | floor)] | max) as $size
  | [range(0; $all; $size) as $first | .[$first:$first + $size]
  | {name: (.[0] + (if length > 1 then "-and-\\(length - 1)-more" else "" end)), pipelines: join(" ")MORE}]
  | to_entries | map(.value + {index: .key})NONE' FILE)
printf '%s\\n' "count=$(jq '.KEY | length' FILE)" "batches=$batches" >> "$GITHUB_OUTPUT"
"""
_NO_BATCH = """
  | if length == 0 then [{name: "none", pipelines: "", index: 0}] else . end"""


def batched(settings: Continuous, key: str, file: str, part: str = "", *, least: bool = False) -> str:
    """Give the lines that share out the pipelines which a JSON file lists, as outputs `count` and `batches`.

    Names are known when the workflow runs, not when it is compiled. A job of the matrix takes several only where there
    are more than `ci.jobs`; its `index` is the number of the output that it tells what it found by. A batch gives those
    of its pipelines that the file lists as a `part` too under that name.

    With `least`, there is one batch of no pipeline where the file lists none: a matrix cannot be empty, and a job of it
    must not be skipped.
    """
    some = f"(.{part} // []) as $part | " if part else ""
    more = f', {part}: (map(select(IN($part[]))) | join(" "))' if part else ""
    return (
        _BATCHED.replace("SOME", some)
        .replace("MORE", more)
        .replace("NONE", _NO_BATCH if least else "")
        .replace("KEY", key)
        .replace("FILE", file)
        .replace("JOBS", str(settings.jobs))
    )


def indexed(settings: Continuous, step: str, *names: str) -> dict[str, str]:
    """List the outputs of a matrix, whose jobs share them: one for each job, however many pipelines there are.

    https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/pass-job-outputs
    """
    told = [f"{name}-{number}" for name in names for number in range(settings.jobs)]
    return {name: f"${{{{ steps.{step}.outputs.{name} }}}}" for name in told}
