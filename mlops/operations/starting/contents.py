"""The files that a repository begins with, but for those that are compiled: settings in, texts out."""

from __future__ import annotations

from mlops.operations.language.flow import flow, text
from mlops.operations.starting.pin import FILE
from mlops.operations.starting.settings import Settings
from mlops.present.markdown.readme import readme

_PROJECT = """\
# What holds for every pipeline of this repository; every key is in README.md beside this file.
# yaml-language-server: $schema=.schema/project.json
"""
_POLICY = """\
# What its owners ask of every pipeline. Read from the base commit too: a pull request cannot soften it for itself.
# yaml-language-server: $schema=.schema/policy.json
owners: [{owner}]
teams: {{"*": [{owner}]}}  # of models that name no owners, by name, as "risk-*"; the last match holds
runners: [ubuntu-24.04]
risk:
  high: {{owners: 2, sliced_gate: true, champion_gate: true, own_gates: false}}
"""
_IGNORED = """\
.venv/
.mlops/
__pycache__/
dvc_plots/
"""
# DVC hashes bytes, and what it hashes may lie anywhere in a pipeline's folder: Git must hand out the very same.
_ATTRIBUTES = """\
* text=auto eol=lf
/pipelines/** -text
*.csv -text
*.gz binary
*.parquet binary
*.whl binary
"""
_HOOKS = """\
# pip install pre-commit && pre-commit install
repos:
- repo: local
  hooks:
  - {id: validate, name: mlops validate, entry: mlops validate, language: system, pass_filenames: false}
  - {id: compile, name: mlops compile --check, entry: mlops compile --check, language: system, pass_filenames: false}
"""
# what `dvc init` writes, and a remote
_DVC_IGNORED = "/config.local\n/tmp\n/cache\n"
_DVC = "[core]\n    analytics = false\n"
_REMOTE = """\
    remote = storage
['remote "storage"']
    url = {remote}
    verify = true
"""
_DVCIGNORE = ".venv\nvendor\n"


def contents(settings: Settings, requirements: str) -> dict[str, str]:
    """Write every file by its path in the repository; the same settings give the same bytes."""
    return {
        ".dvc/.gitignore": _DVC_IGNORED,
        ".dvc/config": _DVC + (_REMOTE.format(remote=settings.remote) if settings.remote else ""),
        ".dvcignore": _DVCIGNORE,
        ".gitattributes": _ATTRIBUTES,
        ".gitignore": _IGNORED,
        ".pre-commit-config.yaml": _HOOKS,
        "README.md": readme(settings.name, settings.ci),
        "conf/policy.yaml": _POLICY.format(owner=text(settings.owner)),
        "conf/project.yaml": _project(settings),
        FILE: requirements,
    }


def _project(settings: Settings) -> str:
    lines = [f"name: {text(settings.name)}"]
    if settings.tracking:
        lines.append(f"tracking: {flow({'uri': settings.tracking})}")
    if settings.ci == "none":
        lines.append("ci: {kind: none}")
    if settings.shared:
        lines.append("environments: {staging: {propose: true}, prod: {}}  # in the order of a release")
    return _PROJECT + "\n".join(lines) + "\n"
