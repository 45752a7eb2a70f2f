"""The champions: the bundles that release files name in the live environment."""

from __future__ import annotations

from collections.abc import Iterable

from mlops.configuration.load import parse_document
from mlops.configuration.reading.library import Configuration
from mlops.configuration.release import Release
from mlops.diagnostics import Diagnostic


def champions(
    configuration: Configuration, live: str, names: Iterable[str], problems: list[Diagnostic]
) -> dict[str, str]:
    """Read each pipeline's release file in the live environment; what is wrong with one is added to `problems`."""
    found: dict[str, str] = {}
    for name in names:
        document = configuration.document(f"release/{live}/{name}")
        if document is None:
            continue
        release, diagnostics = parse_document(Release, document)
        problems += diagnostics
        if release is not None:
            found[name] = release.bundle
    return found
