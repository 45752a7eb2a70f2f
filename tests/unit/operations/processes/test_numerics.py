from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from mlops.operations.processes.numerics import pin_numerics, processor

PINNED = (
    "ATEN_CPU_CAPABILITY",
    "MKL_CBWR",
    "MKL_NUM_THREADS",
    "NPY_DISABLE_CPU_FEATURES",
    "OMP_NUM_THREADS",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "POLARS_MAX_THREADS",
)


@pytest.mark.parametrize(("anywhere", "mkl"), [(True, "COMPATIBLE"), (False, "AVX2")])
def test_every_library_is_held_to_threads_and_instructions(
    monkeypatch: pytest.MonkeyPatch, anywhere: bool, mkl: str
) -> None:
    for name in PINNED:
        monkeypatch.setenv(name, "other")
    pin_numerics(3, anywhere=anywhere)
    assert {name: os.environ[name] for name in PINNED if name != "NPY_DISABLE_CPU_FEATURES"} == {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_CBWR": mkl,
        "MKL_NUM_THREADS": "3",
        "OMP_NUM_THREADS": "3",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "OPENBLAS_NUM_THREADS": "3",
        "POLARS_MAX_THREADS": "4",
    }


def test_numpy_knows_the_names_of_all_that_it_would_choose_at_run_time() -> None:
    """A name that it does not know would be passed over without a word, and the choice made after all."""
    code = (
        "from mlops.operations.processes.numerics import pin_numerics; pin_numerics(1)\n"
        "import json, numpy._core._multiarray_umath as u\n"
        "print(json.dumps([name for name in u.__cpu_dispatch__ if u.__cpu_features__[name]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == []


def test_the_processor_has_a_name() -> None:
    assert processor().strip()
