"""Lines of shell that every engine runs for a proposed change, in the words of `mlops` and DVC.

They tell what goes wrong as GitHub's log reads it, `::error title=…::`; `plain` words that for any other. Shell
variables are all that they take: `BASE` is the commit that the change is compared with, `PIPELINES` and `RECORDED` are
names with blanks between them.
"""

from __future__ import annotations

import re

_COMMAND = re.compile(r"::(error|warning|notice) title=([^:]*)::")

# No module or makefile of the checkout comes before what is meant: `-P` keeps the folder off Python's path, and GNU
# make would read a GNUmakefile first. What is published as a source alone is built by the locked setuptools, not by one
# that pip would fetch for it; pip takes a path in a requirements file from the folder that it is called in. Most of
# what is installed no job imports: what one does import is compiled then, and kept, unless its machine was told to
# keep nothing.
_LOCK = """\
if [ ! -f requirements.txt ]; then
  echo '::error title=Nothing to install::this commit has no requirements.txt: mlops init writes it'
  exit 4
fi
python -P -m venv .venv
sed -n '/^setuptools==/,/[^\\]$/p' requirements.txt > .venv/build.txt
pip='.venv/bin/python -P -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps'
if [ -z "$PYTHONDONTWRITEBYTECODE" ]; then pip="$pip --no-compile"; fi
$pip --only-binary :all: --requirement .venv/build.txt
$pip --no-build-isolation --requirement requirements.txt
"""
INSTALL = {"lock": _LOCK, "make": "make --file Makefile setup"}
"""How a job gets `.venv/bin/mlops`, by `ci.install`."""

INSTALLED = {
    "lock": ("/requirements.txt", "/vendor/", "/mlops/"),
    "make": (
        *("/Makefile", "/pyproject.toml", "/setup.py", "/setup.cfg", "/uv.toml"),
        *("/constraints.txt", "/.requirements/", "/mlops/"),
    ),
}
"""What jobs install the program from, by `ci.install`: the pins, or the program itself where the repository has it.

A folder `mlops/` beside pins would be found before what they install."""

BRING = '.venv/bin/mlops fetch -- "$@"'
ASK = """\
export DVC_NO_ANALYTICS=1
remotes=$(.venv/bin/dvc remote list)
for name in $PIPELINES; do set -- "$@" "$name"; done
"""

# A fork may not read the remote, and an author may not have pushed: what is not there is made again.
FETCH_RECORDED = (
    ASK
    + """\
if [ -z "$remotes" ]; then
  echo '::notice title=No DVC remote::what is not in Git is made again here'
elif ! {}; then
  echo '::warning title=Not everything was fetched::the DVC remote cannot be read here: stages run again'
fi
"""
)

FETCH = FETCH_RECORDED.format(BRING)
"""The same by whoever the job is already."""

# Whatever the plan says, a lock or a report that differs has a job that answers for it: nothing to do is no skip then.
FIND = """\
.venv/bin/mlops plan --base "$BASE" -o json > plan.json
recorded=$(git diff --name-only --diff-filter=d "$BASE" -- 'pipelines/*/dvc.lock' 'pipelines/*/reports/*')
names=$(cut -d / -f 2 <<< "$recorded" | sort -u)
for name in $names; do
  if ! jq --arg name "$name" --exit-status '.affected | index($name) != null' plan.json > /dev/null; then
    echo "::error title=$name is not judged::its lock or a report changes, and the plan does not affect it"
    exit 5
  fi
done
"""

# Where nothing but what is recorded changed, that is held against itself before a run could make it again, and hide
# what it said; what the remote lacks is made, and what then comes out otherwise, as on another processor, is told.
# Every pipeline of a batch is run even where one before it failed; how it ended is part of the evidence, because
# reports of an earlier run are committed and would otherwise pass for those of this one.
RUN = """\
status=0
for name in $PIPELINES; do
  code=0
  recorded=
  case " $RECORDED " in *" $name "*) recorded=yes ;; esac
  started=$SECONDS
  if [ -n "$recorded" ]; then .venv/bin/mlops verify "$name" || code=$?; fi
  if [ "$code" = 0 ]; then .venv/bin/mlops run "$name" || code=$?; fi
  if [ -n "$recorded" ] && [ "$code" = 0 ] && ! git diff --quiet -- "pipelines/$name/dvc.lock"; then
    echo "::warning title=$name came out otherwise than it is recorded::it was made again here: compare the two locks"
  fi
  mkdir -p "evidence/$name"
  echo "$code" > "evidence/$name/exit-code"
  echo "$((SECONDS - started))" > "evidence/$name/seconds"
  if [ "$code" != 0 ]; then status=$code; fi
done
exit "$status"
"""


def plain(lines: str) -> str:
    """Word what goes wrong for a log that only shows it.

    Example:
        >>> plain("echo '::error title=No remote::there is none'")
        "echo 'error: No remote: there is none'"
    """
    return _COMMAND.sub(r"\1: \2: ", lines)
