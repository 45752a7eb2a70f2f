"""Which extra of this package brings a library, and the sentence for whoever has not installed it.

The core compiles, plans, validates and serves. What else there is needs an extra: a verb asks for it before it begins,
and where a rarer path meets a library that is absent, the command line knows by the same list what to say.
"""

from __future__ import annotations

from importlib.util import find_spec

from mlops.errors import InfrastructureError

DISTRIBUTION = "mlops-by-pull-request"
STORES = {  # by the scheme of a DVC remote, which is the name of the extra and of its lock: the plugin of DVC
    "s3": {"dvc-s3": "dvc_s3"},
    "gs": {"dvc-gs": "dvc_gs"},
    "azure": {"dvc-azure": "dvc_azure"},
    "ssh": {"dvc-ssh": "dvc_ssh"},
}
EXTRAS: dict[str, dict[str, str]] = {  # by extra: the distributions that pyproject.toml lists, and what they import as
    "train": {
        "dvc": "dvc",
        "lightgbm": "lightgbm",
        "onnx": "onnx",
        "onnxmltools": "onnxmltools",
        "onnxscript": "onnxscript",
        "pandera": "pandera",
        "polars": "polars",
        "python-stdnum": "stdnum",
        "pytorch-lightning": "pytorch_lightning",
        "rich": "rich",
        "ruamel-yaml": "ruamel",
        "ruamel-yaml-clib": "_ruamel_yaml",
        "scikit-learn": "sklearn",
        "scipy": "scipy",
        "skl2onnx": "skl2onnx",
        "threadpoolctl": "threadpoolctl",
        "torch": "torch",
    },
    "registry": {"mlflow": "mlflow"},
    "verify": {"cryptography": "cryptography"},
    "sql": {"duckdb": "duckdb", "pyarrow": "pyarrow"},
    "excel": {"fastexcel": "fastexcel"},
    "image": {"pillow": "PIL"},
    "explain": {"captum": "captum", "shap": "shap"},
    "tune": {"optuna": "optuna"},
    "catboost": {"catboost": "catboost"},
    "keras": {"keras": "keras"},
    # the first on Linux, where the second brings the libraries of a GPU
    "xgboost": {"xgboost-cpu": "xgboost", "xgboost": "xgboost"},
    "ray": {"ray": "ray"},
    **STORES,
}


def line(extra: str) -> str:
    """Write what installs an extra.

    Example:
        >>> line("catboost")
        'pip install "mlops-by-pull-request[catboost]"'
    """
    return f'pip install "{DISTRIBUTION}[{extra}]"'


def absent(extra: str) -> str | None:
    """Name the first library of an extra that is not installed; None where all of them are.

    Example:
        >>> absent("train")  # doctest: +SKIP
        'lightgbm'
    """
    return next((library for library, module in EXTRAS[extra].items() if not _found(module)), None)


class MissingExtra(InfrastructureError):
    """A library is not installed that comes with an extra of this package."""

    def __init__(self, what: str, library: str, extra: str) -> None:
        super().__init__(
            f"{what} needs {library}, which is not installed: it comes with the extra `{extra}`",
            hint=line(extra),
        )


def need(extra: str, what: str) -> None:
    """Refuse to begin what needs an extra that is not installed; raises MissingExtra."""
    if library := absent(extra):
        raise MissingExtra(what, library, extra)


def missing(error: BaseException) -> MissingExtra | None:
    """Tell of a failed import which extra would have brought it; None where it is none of ours."""
    module = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    for extra, modules in EXTRAS.items():
        for library, known in modules.items():
            if known == module and not _found(module):
                return MissingExtra("this", library, extra)
    return None


def extra_of(library: str) -> str | None:
    """Name the extra that brings a distribution; None where the core does, or nobody."""
    return next((extra for extra, libraries in EXTRAS.items() if library in libraries), None)


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # an import hook that refuses
        return False
    except ValueError:  # a module that was put into sys.modules without a spec is there
        return True
