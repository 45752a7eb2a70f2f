"""The settings under which a stage computes the same on every x86-64 processor.

Results must not depend on how many cores a machine has, on its vendor, or on the newest instructions it knows. Sums
are split among a fixed number of threads; torch and its oneDNN keep to AVX2, OpenBLAS to the kernels of one processor,
NumPy to what every x86-64 processor has. MKL, by which a user's own network may multiply, chooses by vendor unless it
is held to the code that is the same for all of them, which is slow.

https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html, https://numpy.org/doc/stable/reference/simd/
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

_POLARS_THREADS = "4"
_INSTRUCTIONS = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    # By the names of its releases before and after 2.4; a name that a release does not know is no error.
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
    " AVX512_SPR",
}


def pin_numerics(threads: int, *, anywhere: bool = True) -> None:
    """Set the variables of this process; must come before numpy, torch or polars are imported.

    `anywhere` is the promise of the same bits on every x86-64 processor; without it, on the same kind of processor.
    """
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    os.environ["POLARS_MAX_THREADS"] = _POLARS_THREADS
    os.environ.update(_INSTRUCTIONS)
    os.environ["MKL_CBWR"] = "COMPATIBLE" if anywhere else "AVX2"


def processor() -> str:
    """Name this machine's processor, as Linux does where it is Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return (named or [platform.processor() or platform.machine()])[0]
