"""The Jenkinsfile of a pipeline (docs/engines.md): what is compiled, and that a shell takes its shell.

No Jenkins runs.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mlops.backends import argo, jenkins
from mlops.backends.jenkins import quoted
from mlops.errors import ConfigurationError
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_orchestrated

FILE = "orchestrate/jenkins/churn.groovy"
SH = re.compile(r"stage\('([^']+)'\) \{\n +steps \{\n +sh '''(.*?)(?<!\\)'''\n", re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_orchestrated(tmp_path, "jenkins")


def read(text: str) -> str:
    """Read what stands between three single quotes, as Groovy does."""
    return ESCAPED.sub(r"\1", text)


def shell(root: Path) -> dict[str, str]:
    """Give the lines of each stage."""
    return {title: read(lines) for title, lines in SH.findall(jenkins.render(open_workspace(root).plan)[FILE])}


def test_the_stages_are_those_that_argo_is_given_after_what_a_workspace_lacks(root: Path) -> None:
    found, plan = shell(root), open_workspace(root).plan
    install, fetch, *stages = found
    assert (install, fetch) == ("Install", "Fetch what is recorded")
    assert stages == [stage.name for stage in plan.pipelines[0].stages]
    assert stages == re.findall(r"value: (\w+)\n", argo.render(plan)["orchestrate/argo/churn.yaml"])
    assert [found[stage] for stage in stages] == [f".venv/bin/mlops run churn --stage {stage}" for stage in stages]


@pytest.mark.parametrize("install", ["lock", "make"])
def test_its_lines_are_such_that_a_plain_shell_takes_them(root: Path, install: str) -> None:
    edit(root, "conf/project.yaml", "orchestrate:", f"ci: {{kind: none, install: {install}, timeout: 7}}\norchestrate:")
    for lines in shell(root).values():
        done = subprocess.run(["sh", "-n"], input=lines, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert "timeout(time: 7, unit: 'MINUTES')" in jenkins.render(open_workspace(root).plan)[FILE]


@pytest.mark.parametrize("lines", ["a '''b''' \\' $x ${y}", "\\", "sed 's/[^\\\\]$//'", "''"])
def test_groovy_reads_what_was_meant(lines: str) -> None:
    assert read(quoted(lines)) == lines
    assert not re.search(r"(?<!\\)'", quoted(lines))


def test_what_is_compiled_is_held_to_the_yaml_and_goes_with_it(root: Path) -> None:
    assert FILE in compile_files(open_workspace(root)).touched
    assert compile_files(open_workspace(root)).touched == ()
    edit(root, FILE, "disableConcurrentBuilds()", "")
    assert [difference.path for difference in check_files(open_workspace(root))] == [FILE]
    edit(root, "conf/project.yaml", "orchestrate: [jenkins]\n", "")
    compile_files(open_workspace(root))
    assert not (root / FILE).exists()


def test_a_jenkinsfile_that_somebody_wrote_is_not_replaced(root: Path) -> None:
    (root / FILE).parent.mkdir(parents=True)
    (root / FILE).write_text("// ours\npipeline {}\n")
    with pytest.raises(ConfigurationError, match=f"^{FILE}: not written by the compiler"):
        compile_files(open_workspace(root))
    assert (root / FILE).read_text() == "// ours\npipeline {}\n"
