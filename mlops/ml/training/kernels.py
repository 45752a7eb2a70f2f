"""Kernels that `torch.compile` writes for a network while it learns; what is exported is the network itself."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlops.errors import ConfigurationError
from mlops.ml.training.networks import Network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from mlops.blocks.trainer import Trainer


@contextmanager
def compiled(module: nn.Module, options: Trainer) -> Iterator[None]:
    """Compile a network where that is asked for; of ours the body, which is what learns.

    Names of weights stay as they are, so that a checkpoint is of either.

    Raises:
        ConfigurationError: there is no compiler, or it cannot make kernels of this network.
    """
    if not options.compile:
        yield
        return
    from torch._dynamo.exc import BackendCompilerFailed, TorchDynamoException
    from torch._inductor.exc import InvalidCxxCompiler

    part = module.body if isinstance(module, Network) else module
    part.compile()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor")  # dynamo looks at it itself
            yield
    except (BackendCompilerFailed, InvalidCxxCompiler, TorchDynamoException) as error:
        said = (str(error).strip().splitlines() or [""])[0][:200]
        raise ConfigurationError(
            f"`trainer.compile`: torch cannot compile {type(module).__name__}: {said}",
            hint="install a C++ compiler (g++), or remove `compile`",
        ) from error
    finally:
        part._compiled_call_impl = None
