"""What reads a key: stages, rules of gates, jobs of workflows, verbs. `mlops explain NAME KEY` prints it."""

from __future__ import annotations

from mlops.operations.language.keys import Keys
from mlops.stages.declare.declaration import leads
from mlops.stages.declare.order import STAGES
from mlops.stages.declare.registry import DECLARED

# keys that stand in the manifests of a target, and are read nowhere else
_CLUSTER = ("runtime", "model", "pull_secret", "asked_by", "replicas", "resources", "nodes", "job")
_LAMBDA = ("role", "architecture", "memory_mb", "seconds", "concurrency", "url")
_PLACED = (*_CLUSTER, *_LAMBDA, "bundles", "instance", "instances", "guardrail")
# what reads a pipeline's key besides its stages, which declare what they read
_PIPELINE: dict[tuple[str, ...], tuple[str, ...]] = {
    ("description",): ("mlops catalogue",),
    ("owners",): ("CODEOWNERS", "policy"),
    ("risk",): ("policy",),
    ("requests", "nulls"): ("mlops serve",),
    ("requests", "batch"): ("mlops serve",),
    ("card",): ("policy",),
    ("deploy",): ("rule rollout-setting", "rule unknown-component"),
    ("deploy", "*", "host"): ("mlops serve", "rule exposed-server"),
    ("deploy", "*", "port"): ("mlops serve",),
    ("deploy", "*", "auth"): ("mlops serve", "rule exposed-server"),
    ("deploy", "*", "behind"): ("mlops serve", "rule exposed-server"),
    ("deploy", "*", "limits"): ("mlops serve",),
    ("deploy", "*", "input"): ("job score", "mlops score", "rule place-of-one-machine"),
    ("deploy", "*", "output"): ("job score", "mlops score", "rule place-of-one-machine"),
    ("deploy", "*", "every"): ("job due", "schedules"),
    ("deploy", "*", "run_by"): ("job due", "schedules", "files in deploy/"),
    ("deploy", "*", "carry"): ("job score", "mlops score"),
    ("deploy", "*", "refused"): ("job score", "mlops score", "rule place-of-one-machine"),
    **{("deploy", "*", key): ("files in deploy/",) for key in _PLACED},
    ("deploy", "*", "repository"): ("files in deploy/", "mlops image", "job image"),
    ("deploy", "*", "base"): ("mlops image", "rule moving-base"),
    ("deploy", "*", "blue_green"): ("mlops serve", "files in deploy/"),
    **{("deploy", "*", key): ("mlops serve",) for key in ("batch", "workers", "metrics", "log_format")},
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
    ("orchestrate",): ("files in orchestrate/",),
    ("keep",): ("mlops gc",),
    ("environments",): ("jobs reconcile-*",),
    ("environments", "*", "propose"): ("job register",),
    ("environments", "*", "publish"): ("jobs reconcile-*", "mlops reconcile", "mlops serve --follow"),
    ("environments", "*", "cloud"): ("jobs reconcile-*", "mlops identity", "mlops doctor --trust"),
}


def readers(key: Keys, stages: tuple[str, ...] = STAGES) -> tuple[str, ...]:
    """List what reads a key, or something inside it: stages in running order, then the rest.

    Stages that a pipeline does not have are left out.
    """
    project = key[:1] and (str(key[0]),) in _TOPS
    table = _PROJECT if project else _PIPELINE
    above = [prefix for prefix in table if leads(prefix, key)]
    below = [prefix for prefix in table if len(prefix) > len(key) and leads(prefix[: len(key)], key)]
    chosen = [max(above, key=len)] if above else []
    found = dict.fromkeys(reader for prefix in (*chosen, *below) for reader in table[prefix])
    made = {declared.name for declared in DECLARED if not project and declared.made_of(key)}
    made |= {stage for stage in stages if key[:1] == ("stages",) and stage not in STAGES and key[1:2] in ((), (stage,))}
    own = tuple(stage for stage in stages if stage in {*found, *made})
    return (*own, *(reader for reader in found if reader not in STAGES))


_TOPS = {prefix[:1] for prefix in _PROJECT}
