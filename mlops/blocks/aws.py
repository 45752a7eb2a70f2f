"""What AWS calls things: a role, an image of its registry, a bucket, each checked by its shape alone."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

_REGISTRY = r"\d{12}\.dkr\.ecr\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?"
_PATH = r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}$")]
"""A role, by its name of resources: `arn:aws:iam::123456789012:role/serve`."""
EcrRepository = Annotated[str, StringConstraints(pattern=rf"^{_REGISTRY}/{_PATH}$", max_length=300)]
"""A repository of the registry of AWS, without a tag: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn`."""
EcrImage = Annotated[str, StringConstraints(pattern=rf"^{_REGISTRY}/{_PATH}@sha256:[0-9a-f]{{64}}$", max_length=400)]
"""An image of it by its digest."""
S3Folder = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_.=-]+)*$")]
"""A folder of a bucket, without a slash at its end: `s3://acme-models/churn`."""
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$", max_length=40)]
"""A machine of SageMaker: `ml.m5.large`."""
AlarmName = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]*[!-~])?$", max_length=255)]
"""A CloudWatch alarm of the account."""
