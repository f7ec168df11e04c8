#!/usr/bin/env bash
# NNI 3.0: MovementPruner's scores tell which way weights move, hardly how far.
#
# Its documentation says that a score is "the opposite of the sum of the product of weight and its gradient", so that of
# two neurons the one whose weights move a thousand times as far has a thousand times the score. But the scores are
# trained by Adam with the rate 0.01, whose steps are about 0.01 long whatever the gradient: after one step each score is
# 0.01 or -0.01, and while gradients keep their size and sign all scores of one sign stay equal. Among equal ones it is
# left to torch.topk which go. No warning. (How gradients change from batch to batch still shows in Adam's averages.)
# Do: add up -weight * gradient in a training loop of one's own, and give the masks to the network.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q nni==3.0 torch==2.13.0 numpy==2.4.6 'setuptools<80' 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import importlib.metadata

import nni
import torch
from nni.compression import TorchEvaluator
from nni.compression.pruning import MovementPruner


def scores(slopes, steps):
    """Of neurons y_i = w_i x with w_i = 1 at x = 1 and the loss sum_i slopes[i] y_i, so that w_i g_i = slopes[i]."""
    model = torch.nn.Sequential(torch.nn.Linear(1, len(slopes), bias=False))
    model[0].weight.data.fill_(1.0)

    def loss(batch, model):
        return (model(torch.ones(1, 1)) * torch.tensor(slopes)).sum()

    def train(model, optimizer, training_step, *others, **settings):
        for _ in range(steps):
            optimizer.zero_grad()
            training_step(None, model).backward()
            optimizer.step()

    evaluator = TorchEvaluator(train, nni.trace(torch.optim.SGD)(model.parameters(), lr=0.0), loss)
    pruner = MovementPruner(model, [{"op_types": ["Linear"], "sparse_ratio": 0.5}], evaluator,
                            warmup_step=steps - 1, cooldown_begin_step=steps)
    pruner.compress(max_steps=steps, max_epochs=None)
    return [round(score, 4) for score in pruner.scores["0"]["weight"].flatten().tolist()]


slopes = [-1.0, -0.001, 0.001, 1.0]
print("nni", importlib.metadata.version("nni"))
for steps in (1, 10):
    print(f"weight * gradient {slopes} in each of {steps} steps: {scores(slopes, steps)}")
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
nni 3.0
weight * gradient [-1.0, -0.001, 0.001, 1.0] in each of 1 steps: [0.01, 0.01, -0.01, -0.01]
weight * gradient [-1.0, -0.001, 0.001, 1.0] in each of 10 steps: [0.1, 0.1, -0.1, -0.1]
SEEN
echo "As described."
