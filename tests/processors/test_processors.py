"""The same bits on other vendors' processors: a small training of every kind, natively and emulated.

qemu stands in for a processor whose kernels are chosen by CPUID. It has no AVX-512, and rounds no approximate
instruction as a real one does: docs/processors.md lists what was seen on real ones.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from mlops.ml.training.probe import PROBES
from mlops.models import MODELS
from tests.conftest import ROOT

QEMU = shutil.which("qemu-x86_64")
EMULATED = ("Haswell", "Skylake-Client", "EPYC")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tools,
    pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="the promise is about x86-64"),
]


@pytest.fixture(scope="module")
def native() -> dict[str, str]:
    return _digests([sys.executable, "-W", "ignore", "-m", "mlops", "doctor", "--processor", "-o", "json"])


def test_every_kind_has_a_probe() -> None:
    ours = {name for name, kind in MODELS.items() if "own" not in kind.can}  # of people's own code nothing is known
    assert {kind for kind, _ in PROBES.values()} == ours


def test_this_processor_computes_what_others_were_seen_to(native: dict[str, str]) -> None:
    table = (ROOT / "docs" / "processors.md").read_text(encoding="utf-8")
    assert {name: f"`{digest[:16]}`" in table for name, digest in native.items()} == dict.fromkeys(native, True)
    assert {name for name in PROBES if find_spec(name) or name not in ("catboost", "xgboost")} == set(native)


@pytest.mark.skipif(QEMU is None, reason="no qemu-x86_64: apt-get install qemu-user")
@pytest.mark.parametrize("processor", EMULATED)
def test_an_emulated_processor_computes_the_same(processor: str, native: dict[str, str]) -> None:
    emulated = [str(QEMU), "-cpu", processor, sys.executable, "-W", "ignore", "-m", "tests.processors.light"]
    assert _digests(emulated) == native


def _digests(command: list[str]) -> dict[str, str]:
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ), check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)["digests"]
    return found
