#!/usr/bin/env bash
# nncf 3.4.0: magnitude pruning with ratio 0 prunes one weight of each tensor, and of equal weights all.
#
# One would expect ratio 0 to prune nothing, as the first step of a schedule that starts at 0 does. The threshold is the
# value at place int((n - 1) * ratio) of the sorted sizes, and what is not above the threshold goes: the smallest weight
# at ratio 0, and all weights of a tensor whose sizes are equal, at any ratio. No warning.
# Do: start a schedule's pruning after ratio 0; for k of n weights ask for (k - 1) / (n - 1).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q nncf==3.4.0 torch==2.13.0 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import importlib.metadata

import nncf
import torch
from nncf.parameters import PruneMode


class Model(torch.nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.layer = torch.nn.Linear(len(weights), 1, bias=False)
        self.layer.weight.data = torch.tensor([weights])

    def forward(self, x):
        return self.layer(x)


def pruned(weights, ratio):
    """How many inputs the pruned layer no longer reads."""
    model = Model(weights)
    model = nncf.prune(model, mode=PruneMode.UNSTRUCTURED_MAGNITUDE_LOCAL, ratio=ratio,
                       examples_inputs=torch.ones(1, len(weights)))
    return int((model(torch.eye(len(weights))) == 0).sum())


ten = [float(i) for i in range(1, 11)]
print("nncf", importlib.metadata.version("nncf"))
for ratio in (0.0, 0.25, 0.5, 0.99):
    print(f"of 10 weights, ratio {ratio}: {pruned(ten, ratio)}")
print(f"of 10 equal weights, ratio 0.0: {pruned([1.0] * 10, 0.0)}")
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
nncf 3.4.0
of 10 weights, ratio 0.0: 1
of 10 weights, ratio 0.25: 3
of 10 weights, ratio 0.5: 5
of 10 weights, ratio 0.99: 9
of 10 equal weights, ratio 0.0: 10
SEEN
echo "As described."
