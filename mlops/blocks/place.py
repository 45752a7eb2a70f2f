"""Where files lie that a pipeline names beside its data: a path of the repository, or an address."""

from __future__ import annotations

from pydantic import AfterValidator

from mlops.files import relative, remote_folder


def reachable(whose: str) -> AfterValidator:
    """Refuse a path that leaves the repository, and an address of a place that we do not read; `whose` says of what."""

    def place(path: str) -> str:
        if remote_folder.is_address(path):
            if (why := remote_folder.trouble(path)) is not None:
                raise ValueError(f"an address of {whose} {why}: write one such as s3://bucket/folder")
        elif (why := relative.trouble(path)) is not None:
            raise ValueError(f"a path of {whose} {why}: write one relative to the repository, or s3://bucket/folder")
        return path

    return AfterValidator(place)
