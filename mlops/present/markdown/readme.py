"""The README that a repository begins with: how it is installed, and what is typed every day."""

from __future__ import annotations

_README = """\
# {name}

Each model is a few lines of YAML in `conf/`. What is live, learnt or asked of a model changes by a pull request, which
brings its own evidence. `conf/README.md` lists every key.

## Install

```sh
{install}
. .venv/bin/activate
```

`mlops` writes `requirements.txt`. Whoever moves DVC's remote commits that, then types `mlops upgrade`, which adds what
DVC needs to reach the new place.

## Work

```sh
mlops new churn --data churn.csv --target left   # a model from a table
mlops plan                                       # what will run, and why
mlops run churn                                  # run it, and see its verdict
mlops compile && git add -A && git commit        # what is committed is what is judged
mlops doctor                                     # is everything here that is needed?
```

The first commit went to the main branch by hand: what came with it nobody had judged. Protect that branch now, and make
{check} its required check.
"""
_INSTALL = """\
python3 -m venv .venv
sed -n '/^setuptools==/,/[^\\\\]$/p' requirements.txt > .venv/build.txt   # builds what is published as a source alone
.venv/bin/pip install --require-hashes --no-deps -r .venv/build.txt
.venv/bin/pip install --require-hashes --no-deps --no-build-isolation -r requirements.txt"""


def readme(name: str, ci: str) -> str:
    """Write the page of a repository that `ci` judges: `github`, or its own where that is `none`."""
    check = "`verdict`" if ci == "github" else "your own CI's `mlops validate --base main`"
    return _README.format(name=name, install=_INSTALL, check=check)
