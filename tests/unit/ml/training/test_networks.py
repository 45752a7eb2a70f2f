from __future__ import annotations

import pytest
import torch
from torch import nn

from mlops.ml.training.batches import Batches
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.networks import Network, Scores, cnn, infer, mlp
from mlops.ml.training.problem import Problem, Scale
from mlops.ml.training.session import Session
from tests.builders.training import ACCURACY, AUROC, RMSE, binary, images, regression, session

pytestmark = pytest.mark.slow


class Answers(nn.Module):
    def __init__(self, values: list[list[float]]) -> None:
        super().__init__()
        self.values = torch.tensor(values)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.values


@pytest.mark.parametrize(
    ("task", "outputs", "answers", "expected"),
    [
        ("binary", 1, [[0.0], [100.0]], [0.5, 1.0]),
        ("binary", 1, [[0.0, 0.0], [100.0, 0.0]], [0.5, 0.0]),
        ("multiclass", 2, [[0.0, 0.0], [100.0, 0.0]], [[0.5, 0.5], [1.0, 0.0]]),
        ("regression", 1, [[0.0], [2.0]], [10.0, 16.0]),
    ],
)
def test_answers_become_scores(task: str, outputs: int, answers: list[list[float]], expected: object) -> None:
    problem = Problem(task, (3,), outputs)  # type: ignore[arg-type]
    scores = Scores(Answers(answers), problem, Scale(10.0, 3.0) if task == "regression" else Scale())
    torch.testing.assert_close(scores(torch.zeros(2, 3)), torch.tensor(expected))


def test_an_mlp_flattens_images() -> None:
    body = mlp(Problem("multiclass", (1, 8, 8), 10), [16], 0.0)
    assert body(torch.zeros(5, 1, 8, 8)).shape == (5, 10)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 5, 9), (1, 2, 2)])
def test_a_cnn_takes_images_of_any_size(shape: tuple[int, int, int]) -> None:
    body = cnn(Problem("multiclass", shape, 4), [4, 8, 8, 8], 16, 0.1)
    assert body(torch.zeros(3, *shape)).shape == (3, 4)


def test_infer_leaves_the_mode_as_it_was_and_draws_no_dropout() -> None:
    torch.manual_seed(7)
    body = mlp(Problem("binary", (4,)), [16], 0.5).train()
    x = torch.ones(10, 4)
    whole = infer(body, x)
    assert torch.equal(infer(body, x), whole)
    torch.testing.assert_close(infer(body, x, rows=3), whole)  # of other weights, 3 in 100 differ in the last bit
    assert body.training


@pytest.mark.parametrize("clip", [None, 0.1])
def test_weights_are_those_of_a_plain_loop(clip: float | None) -> None:
    data = binary()
    problem = Problem.of("binary", data)
    options = {"max_epochs": 3, "batch_size": 32, "patience": None, "gradient_clip": clip}
    plain = session(AUROC, **options)

    def body() -> nn.Module:
        torch.manual_seed(1)
        return mlp(problem, [16], 0.0)

    def build(_: Session) -> Network:
        return Network(body(), "binary", lr=0.01, weight_decay=0.1, batch_size=32, gradient_clip=clip)

    fitted = LightningCandidate(problem, build).fit(data, plain)
    network = body()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.1, fused=True)
    loader = Batches(torch.from_numpy(data.train_x), torch.from_numpy(data.train_y).float(), size=32, seed=plain.seed)
    for epoch in range(fitted.best_epoch or 0):
        loader.set_epoch(epoch)
        for x, y in loader:
            loss = nn.functional.binary_cross_entropy_with_logits(network(x).squeeze(-1), y)
            optimizer.zero_grad()
            loss.backward()
            if clip:
                nn.utils.clip_grad_norm_(network.parameters(), clip)
            optimizer.step()
    for ours, theirs in zip(fitted.scores.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_network_learns_each_task() -> None:
    cases = [
        ("binary", binary(), AUROC, mlp, ([16], 0.1), 0.9),
        ("regression", regression(), RMSE, mlp, ([16], 0.0), -120),
        ("multiclass", images(), ACCURACY, cnn, ([8, 8], 16, 0.1), 0.95),
    ]
    for task, data, judge, make, widths, bound in cases:
        problem = Problem.of(task, data)  # type: ignore[arg-type]

        def build(run: Session, make=make, widths=widths, problem=problem) -> Network:  # type: ignore[no-untyped-def]
            body = make(problem, *widths)
            return Network(body, problem.task, lr=0.01, weight_decay=0.0, batch_size=run.options.batch_size)

        fitted = LightningCandidate(problem, build).fit(data, session(judge, max_epochs=12))
        metric = judge.compute(data.validation_y, fitted.predict(data.validation_x))
        assert judge.rank(metric, 0.0)[0] > bound, (task, metric)
