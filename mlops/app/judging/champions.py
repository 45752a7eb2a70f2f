"""The champions: the bundles that release files name as live in production."""

from __future__ import annotations

from collections.abc import Iterable

from mlops.diagnostics import Diagnostic
from mlops.spec.reading.library import Configuration
from mlops.spec.reading.load import parse_document
from mlops.spec.release import Release

ENVIRONMENT = "prod"


def champions(configuration: Configuration, names: Iterable[str], problems: list[Diagnostic]) -> dict[str, str]:
    """Read each pipeline's production release file; what is wrong with one is added to `problems`."""
    found: dict[str, str] = {}
    for name in names:
        document = configuration.document(f"release/{ENVIRONMENT}/{name}")
        if document is None:
            continue
        release, diagnostics = parse_document(Release, document)
        problems += diagnostics
        if release is not None:
            found[name] = release.bundle
    return found
