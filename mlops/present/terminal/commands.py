"""Workflow commands, which a runner of GitHub's obeys where they begin a line of a log."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.diagnostics import visible


def command(name: str, text: str, properties: Mapping[str, str | int] | None = None) -> str:
    r"""Spell a command whose text cannot end it and begin another.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message

    >>> command("error", "100 %", {"file": "a,b.yaml", "line": 3})
    '::error file=a%2Cb.yaml,line=3::100 %25'
    """
    said = ",".join(f"{key}={_property(str(value))}" for key, value in (properties or {}).items())
    return f"::{name}{said and f' {said}'}::{_escape(text)}"


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def _escape(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
