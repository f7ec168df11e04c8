#!/usr/bin/env bash
# torchao 0.18.0: WandaSparsifier multiplies |w| by the square of the activations' norm, and ranks a layer as a whole.
#
# Wanda (arXiv:2306.11695, which the docstring names, with "|weight| * ||activation||") scores a weight by |w_ij| ‖x_j‖₂
# and compares it with the weights of the same output. The observer behind WandaSparsifier adds up ‖x_j‖², calls it `norm`
# and takes no root, so that inputs count by their square; and all weights of the layer are sorted together, so that an
# output can lose all its weights. Neither warns.
# Do: take the root of `activation_post_process.norm` after calibration, before step(); for the paper's comparison write
# the mask by hand, row by row.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torchao==0.18.0 torch==2.13.0 numpy==2.4.6 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import importlib.metadata

import torch
from torchao.sparsity.wanda import WandaSparsifier


def stays(weights, x):
    model = torch.nn.Sequential(torch.nn.Linear(2, len(weights), bias=False))
    model[0].weight.data = torch.tensor(weights)
    sparsifier = WandaSparsifier(sparsity_level=0.5)
    sparsifier.prepare(model, None)
    model(torch.tensor(x))
    norm = model[0].activation_post_process.norm.tolist()
    sparsifier.step()
    return norm, model[0].parametrizations.weight[0].mask.int().tolist()


print("torchao", importlib.metadata.version("torchao"))
norm, mask = stays([[3.0, 1.0]], [[1.0, 2.0]])
print("inputs of norm 1 and 2: norm", norm)
print("of w = [3, 1], scores 3 * 1 and 1 * 2 by the paper, stays", mask)
print("of w = [[4, 3], [2, 1]], inputs of norm 1, stays", stays([[4.0, 3.0], [2.0, 1.0]], [[1.0, 1.0]])[1])
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
torchao 0.18.0
inputs of norm 1 and 2: norm [1.0, 4.0]
of w = [3, 1], scores 3 * 1 and 1 * 2 by the paper, stays [[0, 1]]
of w = [[4, 3], [2, 1]], inputs of norm 1, stays [[1, 1], [0, 0]]
SEEN
echo "As described."
