"""What a value says is never done: not by a shell, not by a template, not by another reader of YAML."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf
from ruamel.yaml import YAML

from mlops.files.compiled_text import document
from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_repository
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

SHELL = (
    "x; touch PWNED",
    "$(touch PWNED)",
    "`touch PWNED`",
    "x && touch PWNED #",
    "'; touch PWNED; '",
    '"; touch PWNED; "',
)
TEMPLATES = ("{{7*7}}", "{% for x in y %}", "{{ cycler.__init__.__globals__ }}", "#{7*7}", "<%= 7*7 %>", "%{7*7}")
PAYLOADS = (*SHELL, *TEMPLATES)
COMMAND = 'PATH="$DVC_ROOT/.venv/bin:$PATH" mlops stage {}'
STAGES = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package")


def attacked(folder: Path, payload: str) -> Path:
    """Write a payload into every field that takes free text."""
    root = make_repository(folder)
    quoted = yaml.dump(payload, default_style='"', width=10_000).strip()
    edit(root, "conf/pipeline/churn.yaml", "Who will leave?", "@")
    edit(root, "conf/pipeline/churn.yaml", "@\n", f"{quoted}\n")
    columns = f"in: [free, paid, {quoted}]"
    edit(root, "conf/data/churn.yaml", "in: [free, paid]", columns)
    edit(
        root,
        "conf/data/churn.yaml",
        "  left: {type: bool}",
        f"  left: {{type: bool}}\n  {quoted}: {{type: category, in: [{quoted}], optional: true}}",
    )
    return root


def cmds(value: Any) -> list[str]:
    return [stage["cmd"] for stage in value["stages"].values()]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_stays_text_in_parameters_and_the_commands_are_constants(payload: str, tmp_path: Path) -> None:
    root = attacked(tmp_path, payload)
    compile_files(open_workspace(root))
    assert cmds(yaml.safe_load((root / "pipelines/churn/dvc.yaml").read_text())) == [COMMAND.format(s) for s in STAGES]
    assert cmds(yaml.safe_load((root / "dvc.yaml").read_text())) == []
    parameters = yaml.safe_load((root / "pipelines/churn/params.yaml").read_text())
    assert parameters["package"]["description"] == payload
    assert parameters["validate"]["columns"][payload]["in"] == [payload]
    assert payload not in (root / "pipelines/churn/dvc.yaml").read_text()
    workflows = "".join(path.read_text() for path in (root / ".github").rglob("*.yml"))
    assert payload not in workflows


@pytest.mark.slow
def test_dvc_runs_a_pipeline_full_of_payloads_without_effect(tmp_path: Path) -> None:
    root = attacked(tmp_path, "x; touch PWNED; $(touch PWNED) `touch PWNED` {{7*7}}")
    (root / ".venv").symlink_to(sys.prefix)
    compile_files(open_workspace(root))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in (["init", "-q", "--no-scm"], ["repro", "-q", "pipelines/churn/dvc.yaml:ingest"]):
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *command],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert (root / "pipelines/churn/artifacts/raw.parquet").is_file()
    assert [path for path in root.rglob("*") if "PWNED" in path.name] == []


READERS = {
    "PyYAML": yaml.safe_load,
    "ruamel": lambda text: YAML(typ="safe").load(io.StringIO(text)),
    "OmegaConf": lambda text: OmegaConf.to_container(OmegaConf.create(text), resolve=False),
    "DVC": lambda text: __import__("dvc.utils.serialize", fromlist=["x"]).parse_yaml(text, "f.yaml"),
}
DIALECT = (
    *("no", "No", "on", "off", "yes", "y", "n", "12:30", "12:30:45", "1e3", "1E3", "1.10", "010", "0o10", "0x1f"),
    *("1_000", "2024-01-01", "2024-01-01T10:00:00Z", "null", "~", "true", "", ".inf", "-.inf", ".nan", "=", "<<"),
    *("1.", "+1", "-1", ".5", "1e-3", "0b1", "@x", "!x", "&x", "*x", "%x", "- x", "a: b", "a #b", "{a}", "[a]"),
    *(1000.0, 1.1, 1e-7, 1e300, 5e-324, 0.1, -0.0, 0, 10**17, True, False, None),
)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", DIALECT, ids=repr)
def test_every_reader_reads_what_was_meant(reader: str, value: Any) -> None:
    text = document("conf/x.yaml", {"plain": value, "list": [value], "nested": {"deep": [{"k": value}]}})
    read = READERS[reader](text)
    for found in (read["plain"], read["list"][0], read["nested"]["deep"][0]["k"]):
        assert found == value
        assert type(found) is type(value)
