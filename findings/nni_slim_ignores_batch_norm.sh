#!/usr/bin/env bash
# NNI 3.0: SlimPruner does not look at the scales of batch norm.
#
# Its documentation names network slimming (arXiv:1708.06519) and says that it penalises the scaling factors of batch
# normalization layers and prunes the channels with small ones. But what it ranks are factors of its own, new parameters
# that all start at 1 and multiply the weight that it was given, here batch norm's scale: a channel of scale 0.001 is
# neither pruned first nor told apart. They are trained by Adam with the rate 0.01, so that after one step each is 0.99 or
# 1.01, and while the penalty is larger than all gradients, as with its usual weight here, they stay equal.
# Do: train with a penalty on the scales, then prune with L1NormPruner on the batch-norm layers, which ranks by |scale|.
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
from nni.compression.pruning import L1NormPruner, SlimPruner

SCALES = [2.0, 3.0, 0.001, 4.0]


def network():
    model = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
    for parameter in model.parameters():
        parameter.data.fill_(0.1)
    model[1].weight.data = torch.tensor(SCALES)
    return model


def loss(batch, model):
    return (model(torch.tensor([[1.0], [2.0], [3.0]])) ** 2).mean() / 100


def slim_factors(steps):
    model = network()

    def train(model, optimizer, training_step, *others, **settings):
        for _ in range(steps):
            optimizer.zero_grad()
            training_step(None, model).backward()
            optimizer.step()

    evaluator = TorchEvaluator(train, nni.trace(torch.optim.SGD)(model.parameters(), lr=0.0), loss)
    pruner = SlimPruner(model, [{"op_types": ["BatchNorm1d"], "sparse_ratio": 0.25}], evaluator, training_steps=steps)
    pruner.compress()
    return [round(factor, 3) for factor in pruner.scaling_factors["1"]["weight"].flatten().tolist()]


def kept_by_l1_norm():
    pruner = L1NormPruner(network(), [{"op_types": ["BatchNorm1d"], "sparse_ratio": 0.25}])
    return pruner.compress()[1]["1"]["weight"].flatten().tolist()


print("nni", importlib.metadata.version("nni"))
for steps in (1, 10):
    print(f"scales {SCALES}: SlimPruner ranks {slim_factors(steps)} after {steps} steps")
print(f"L1NormPruner keeps {kept_by_l1_norm()}")
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
nni 3.0
scales [2.0, 3.0, 0.001, 4.0]: SlimPruner ranks [0.99, 0.99, 0.99, 0.99] after 1 steps
scales [2.0, 3.0, 0.001, 4.0]: SlimPruner ranks [0.9, 0.9, 0.9, 0.9] after 10 steps
L1NormPruner keeps [1.0, 1.0, 0.0, 1.0]
SEEN
echo "As described."
