"""A first guess at how a data file is to be read: its kind, its separator, its texts for a missing value."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from mlops.errors import ConfigurationError
from mlops.files.row_text import WESTERN, look
from mlops.ml.data import delimited, sources
from mlops.ml.data.missing import null_texts
from mlops.sources.source import Source

Kind = Literal["csv", "parquet", "arrow", "excel"]
_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".xlsx": "excel",
}
_PACKED = (".gz", ".zst")


def guess_source(path: Path) -> Source:
    """Look at a file and say how to read it, as a source whose path is the file's name.

    Raises:
        ConfigurationError: no kind of source has such a file.
        DataError: the file cannot be read as what its name says.
    """
    kind = _kind(path)
    if kind != "csv":
        return Source(kind=kind, path=path.name)
    source = Source(kind=kind, path=path.name)
    if path.suffix.lower() != ".zst":  # the reader looks by itself
        separator, quote = delimited.look(path, path.name)
        encoding = look(path)[0]
        source = Source(
            kind=kind,
            path=path.name,
            separator=separator,
            quote=quote,
            encoding=encoding if encoding == WESTERN else None,
        )
    with sources.reading(source):
        frame = sources.scan(source, path.parent).collect()
    return source.model_copy(update={"nulls": ("", *null_texts(frame))})


def _kind(path: Path) -> Kind:
    packed = path.suffix.lower() in _PACKED
    ending = Path(path.stem).suffix.lower() if packed else path.suffix.lower()
    kind = _KINDS.get(ending)
    if kind is None or (packed and kind != "csv"):
        known = ", ".join(sorted(_KINDS))
        hint = f"known endings: {known}; CSV may be packed as .gz or .zst"
        raise ConfigurationError(f"`{path.name}` does not say what kind of table it is", hint=hint)
    return kind
