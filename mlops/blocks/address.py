"""Addresses of code in the folder of a pipeline: models, checks of data, metrics of gates."""

from __future__ import annotations

import re

OWN_KIND = re.compile(r"^pipelines\.[a-z0-9_-]+\.[A-Za-z_]\w*:[A-Za-z]\w*$")


def own_file(address: str) -> str:
    """Name the file in the pipeline's folder that `pipelines.NAME.MODULE:NAME` stands for."""
    return f"{address.partition(':')[0].rpartition('.')[2]}.py"
