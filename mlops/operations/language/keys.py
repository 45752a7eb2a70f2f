"""Which keys of the YAML a stage reads: the way from a compiled parameter back to what a person wrote."""

from __future__ import annotations

from mlops.stages.declare.registry import DECLARED

Keys = tuple[str | int, ...]

_BY_NAME = {declared.name: declared for declared in DECLARED}


def written(parameter: Keys) -> Keys:
    """Translate the path of a compiled parameter, which its stage leads, into the key a person writes.

    >>> written(("bundle", "golden_rows")), written(("gate", "about", "recorded"))
    (('package', 'golden_rows'), ('data', 'source', 'recorded'))
    """
    declared = _BY_NAME.get(str(parameter[0]))
    if declared is None:
        return ("stages", *parameter)  # of the pipeline's own code
    found = declared.written(parameter[1:])
    return parameter if found is None else found
