"""What reads a key: stages, rules of gates, jobs of workflows, verbs. `mlops explain NAME KEY` prints it."""

from __future__ import annotations

from mlops.operations.digests.code import STAGES
from mlops.operations.language.keys import Keys

_VALIDATE = ("validate",)
_GROUPED = ("validate", "split", "evaluate", "gate")

_PIPELINE: dict[tuple[str, ...], tuple[str, ...]] = {
    ("description",): ("package", "mlops catalogue"),
    ("owners",): ("package", "CODEOWNERS", "policy"),
    ("risk",): ("package", "policy"),
    ("task",): ("validate", "split", "features", "train", "evaluate", "gate"),
    ("seed",): ("train",),
    ("data", "source"): ("ingest",),
    ("data", "source", "recorded"): _VALIDATE,
    ("data", "target"): ("validate", "split", "features", "evaluate"),
    ("data", "positive"): _VALIDATE,
    ("data", "columns"): _VALIDATE,
    ("data", "columns", "*", "sensitive"): ("validate", "evaluate", "gate"),
    ("data", "derive"): _VALIDATE,
    ("data", "exclude"): _VALIDATE,
    ("data", "include"): _VALIDATE,
    ("data", "entity"): _GROUPED,
    ("data", "keys"): _VALIDATE,
    ("data", "rows"): _VALIDATE,
    ("data", "unique"): _VALIDATE,
    ("data", "strict"): _VALIDATE,
    ("data", "ordered"): _VALIDATE,
    ("data", "pairs"): _VALIDATE,
    ("data", "freshness"): _VALIDATE,
    ("data", "checks"): _VALIDATE,
    ("data", "drift"): _VALIDATE,
    ("data", "label_noise"): _VALIDATE,
    ("data", "drop_null_target"): _VALIDATE,
    ("data", "split"): ("split",),
    ("data", "split", "by"): ("validate", "split", "evaluate", "gate"),
    ("data", "split", "key"): _GROUPED,
    ("features",): ("features",),
    ("features", "datetime"): ("validate", "features"),
    ("model",): ("train",),
    ("select_by",): ("train", "evaluate"),
    ("trainer",): ("train",),
    ("evaluate", "metrics"): ("evaluate",),
    ("evaluate", "slices"): ("evaluate",),
    ("evaluate", "bins"): ("evaluate",),
    ("evaluate", "crosses"): ("evaluate",),
    ("evaluate", "bootstrap"): ("evaluate", "gate"),
    ("evaluate", "minimum_rows"): ("gate",),
    ("evaluate", "robustness"): ("evaluate",),
    ("evaluate", "serving"): ("measure",),
    ("evaluate", "discover"): ("evaluate",),
    ("evaluate", "explain", "permutation"): ("evaluate",),
    ("evaluate", "explain", "repetitions"): ("evaluate",),
    ("evaluate", "explain", "sample"): ("train", "evaluate"),
    ("evaluate", "explain", "attributions"): ("train",),
    ("evaluate", "explain", "key"): ("train",),
    ("evaluate", "explain", "rows"): ("train",),
    ("evaluate", "cost"): ("bundle", "evaluate", "gate"),
    ("evaluate", "learning_curve"): ("train", "gate"),
    ("forecast",): ("validate", "split", "train", "evaluate", "gate"),
    ("preset", "gates"): ("evaluate", "measure", "gate"),
    ("gates",): ("evaluate", "measure", "gate"),
    ("package",): ("bundle",),
    ("requests", "nulls"): ("bundle", "mlops serve"),
    ("requests", "batch"): ("bundle", "mlops serve"),
    ("card",): ("package", "policy"),
    ("deploy",): ("rule rollout-setting", "rule unknown-component"),
    ("deploy", "*", "host"): ("mlops serve", "rule exposed-server"),
    ("deploy", "*", "port"): ("mlops serve",),
    ("deploy", "*", "auth"): ("mlops serve", "rule exposed-server"),
    ("deploy", "*", "behind"): ("mlops serve", "rule exposed-server"),
    ("deploy", "*", "limits"): ("mlops serve",),
    ("monitor",): ("job due", "job watch", "mlops monitor"),
    ("monitor", "log"): ("job watch", "mlops monitor", "mlops serve"),
    ("monitor", "retrain"): ("job retrain", "mlops retrain"),
    ("budget",): ("policy", "mlops plan"),
}
_PROJECT: dict[tuple[str, ...], tuple[str, ...]] = {
    ("name",): ("mlops catalogue", "jobs reconcile-*", "schedules", "mlops comment"),
    ("tracking",): ("train", "mlops register", "mlops reconcile", "mlops show", "mlops doctor"),
    ("ci",): ("every job",),
    ("ci", "jobs"): ("job affected", "job pipeline", "job due", "job watch"),
    ("ci", "branch"): ("triggers of every workflow", "mlops release", "mlops rollback", "mlops retrain"),
    ("ci", "app"): ("job register", "job retrain"),
    ("ci", "environment"): ("job register", "job watch", "job retrain", "mlops doctor --trust"),
    ("ci", "cloud"): ("job register", "job watch", "job retrain", "mlops identity", "mlops doctor --trust"),
    ("ci", "writer"): ("job register", "mlops identity --writer", "mlops doctor --trust"),
    ("ci", "secrets"): (
        "job register",
        "jobs reconcile-*",
        "job watch",
        "job retrain",
        "job rollback",
        "mlops doctor --repo",
    ),
    ("ci", "signing"): ("job register", "jobs reconcile-*", "job rollback", "mlops sign", "mlops doctor --repo"),
    ("ci", "reader"): ("job pipeline", "mlops identity", "mlops doctor --trust"),
    ("ci", "public"): ("check of own runners",),
    ("ci", "approval"): ("jobs of pull requests",),
    ("ci", "accept_own_runners"): ("check of own runners",),
    ("keep",): ("mlops gc",),
    ("environments",): ("jobs reconcile-*",),
    ("environments", "*", "propose"): ("job register",),
    ("environments", "*", "cloud"): ("jobs reconcile-*", "mlops identity", "mlops doctor --trust"),
}


def readers(key: Keys, stages: tuple[str, ...] = STAGES) -> tuple[str, ...]:
    """List what reads a key, or something inside it: stages in running order, then the rest.

    Stages that a pipeline does not have are left out.
    """
    table = _PROJECT if key[:1] and (str(key[0]),) in _TOPS else _PIPELINE
    above = [prefix for prefix in table if len(prefix) <= len(key) and _leads(prefix, key)]
    below = [prefix for prefix in table if len(prefix) > len(key) and _leads(prefix[: len(key)], key)]
    chosen = [max(above, key=len)] if above else []
    found = dict.fromkeys(reader for prefix in (*chosen, *below) for reader in table[prefix])
    own = tuple(stage for stage in STAGES if stage in found and stage in stages)
    return (*own, *(reader for reader in found if reader not in STAGES))


_TOPS = {prefix[:1] for prefix in _PROJECT}


def _leads(prefix: tuple[str, ...], key: Keys) -> bool:
    return all(part in ("*", str(item)) for part, item in zip(prefix, key, strict=False))
