"""Pictures mirrored and moved at random, each by draws of its own."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  # torch's own spelling


def augmented(x: Tensor, *, flip: bool, shift: int, seed: int) -> Tensor:
    """Change pictures [N, C, H, W] by what a seed draws; they come in the order in which they came.

    Example:
        >>> picture = torch.arange(4.0).reshape(1, 1, 2, 2)
        >>> torch.equal(augmented(picture, flip=False, shift=0, seed=1), picture)
        True
    """
    draws = torch.Generator().manual_seed(seed)
    count, _, height, width = x.shape
    mirrored = torch.rand(count, generator=draws) < 0.5
    moves = torch.randint(0, 2 * shift + 1, (2, count), generator=draws)
    if flip:
        x = torch.where(mirrored.to(x.device)[:, None, None, None], x.flip(-1), x)
    if not shift:
        return x
    padded = F.pad(x, (shift, shift, shift, shift))
    rows, columns = (
        (first[:, None] + torch.arange(size)).to(x.device) for first, size in zip(moves, (height, width), strict=True)
    )
    places = torch.arange(count, device=x.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[places, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()
