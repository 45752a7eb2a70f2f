"""HTML from a package's own templates, and the report's, whose hand all pages are in; what they get is text only."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import ChoiceLoader, PackageLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

_SHARED = "mlops.present.report"  # its style and its signs
_QUOTED = re.compile(r"`([^`]+)`")


def html(package: str, template: str, **values: Any) -> str:
    """Print a template of a package's folder `templates`; every value is escaped, and one that is missing raises."""
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(_SHARED)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["coded"] = coded
    return environment.get_template(template).render(**values)


def coded(sentence: str) -> Markup:
    """Print what a sentence has between backticks as code; everything is escaped.

    >>> str(coded("`a<b` is < `c`"))
    '<code>a&lt;b</code> is &lt; <code>c</code>'
    """
    return Markup(_QUOTED.sub(r"<code>\1</code>", str(escape(sentence))))  # noqa: S704
