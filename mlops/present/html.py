"""HTML from a package's own templates; what they are given is text, never markup and never code."""

from __future__ import annotations

from typing import Any

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment


def html(package: str, template: str, **values: Any) -> str:
    """Print a template of a package's folder `templates`; every value is escaped, and one that is missing raises."""
    environment = ImmutableSandboxedEnvironment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(**values)
