"""secret-in-parameter: a password, key or token is written where everybody reads it.

What: a parameter looks like a credential: a known token format, a private key, `user:password@` in an address, or text
    under a key such as `password`.
Why: parameters are committed, copied to dvc.lock, MLflow and reports; a secret there is public, also after its removal.
Fix: revoke the secret, then keep the new one in a GitHub environment and name it in conf/project.yaml,
    `ci: {secrets: {MLFLOW_TRACKING_TOKEN: tracking}}`: the steps that need it have it as an environment variable.
Example: `tracking: {uri: "https://me:hunter2@mlflow.example.org"}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding, Key
from mlops.compiler.rules.strings import spelling, strings
from mlops.files.plain_yaml import Values
from mlops.plan.pipeline import Plan

_FORMATS = (
    ("an AWS access key", re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}")),
    ("a GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("a Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    ("a Google key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}")),
    ("a Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,}")),
    ("a key of an AI service", re.compile(r"\bsk-[A-Za-z0-9_-]{20,}")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a signed token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.")),
    ("a password in an address", re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)),
)
_NAMES = re.compile(
    r"(^|[_-])(password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?)$", re.IGNORECASE
)
_MARKS = (  # one in every text that has one of the formats
    *("AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AIza", "hf_", "sk-"),
    *("-----BEGIN", "eyJ", "://"),
)
_NAMED = re.compile(r"password|passwd|secret|token|key|credential", re.IGNORECASE)


def check(plan: Plan) -> Iterator[Finding]:
    """Find parameters that look like credentials; their text is not repeated."""
    harmless: dict[int, bool] = {}  # by the object: pipelines share sections
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            section = stage.section
            if id(section) not in harmless:
                harmless[id(section)] = _harmless(section)
            if harmless[id(section)]:
                continue
            for path, text in strings(section):
                if (what := _secret(path, text)) is not None:
                    yield _finding(what, pipeline.name, (), (stage.name, *path))
    tracking = {tuple(sorted(pipeline.tracking.items())) for pipeline in plan.pipelines}
    uris = {value for items in tracking for key, value in items if key == "uri"}
    for uri in sorted(uris):
        if (what := _secret(("uri",), uri)) is not None:
            yield _finding(what, "", ("tracking", "uri"), ())


def _harmless(section: Values) -> bool:
    """Tell at one look that no text of a section is a credential; most sections are told apart here."""
    spelt = spelling(section)
    named = "candidates" in section and _NAMED.search(spelt)
    return not named and not any(mark in spelt for mark in _MARKS)


def _secret(path: Key, text: str) -> str | None:
    """Name what a text looks like; a mapping's own key is no value of that key."""
    for what, pattern in _FORMATS:
        if pattern.search(text):
            return what
    name = str(path[-1]) if path else ""
    own = len(path) > 2 and path[0] == "candidates"  # arguments of a class of the user's own
    return f"the value of `{name}`" if own and text and text != name and _NAMES.search(name) else None


def _finding(what: str, pipeline: str, key: Key, parameter: Key) -> Finding:
    message = f"{what} is written into the configuration" if what.startswith("the ") else f"this looks like {what}"
    hint = "revoke it, then hand it to the program as an environment variable"
    return Finding(key, message, hint, "secret-in-parameter", "error", pipeline, parameter)
