#!/usr/bin/env bash
# PyTorch 2.13.0: softplus falls at x = 20, and gradcheck refuses its right gradient there.
#
# One would expect softplus(x) = log(1 + e^x) to rise everywhere. Above its argument `threshold` (20) PyTorch returns x
# itself, in float64 too, where log(1 + e^x) − x is 2·10⁻⁹ at 20 and far from rounding. So the function has a step down,
# and a central difference across it, with gradcheck's own step of 10⁻⁶, gives 0.999 for a slope of 1: gradcheck with its
# default tolerances fails. The step is log(1 + e^−20) / beta: with beta = 0.01 it is 2·10⁻⁷.
# Do: check gradients of softplus away from x · beta = 20, or give a larger threshold (40 in float64).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import torch
from torch.nn.functional import softplus

torch.set_default_dtype(torch.float64)
print("torch", torch.__version__.split("+")[0])
for x in (20.0, 20.000000001):
    print(f"softplus({x}) = {softplus(torch.tensor(x)).item():.12f}")
print(f"the step with beta=0.01: {(softplus(torch.tensor(2000.0), beta=0.01) - 2000).item():.3g}")
for x, threshold in ((19.0, 20.0), (20.0, 20.0), (20.0, 40.0)):
    point = torch.tensor([x], requires_grad=True)
    passes = torch.autograd.gradcheck(lambda x: softplus(x, threshold=threshold), (point,), raise_exception=False)
    print(f"gradcheck at {x} with threshold {threshold}: {'passes' if passes else 'fails'}")
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
torch 2.13.0
softplus(20.0) = 20.000000002061
softplus(20.000000001) = 20.000000001000
the step with beta=0.01: 2.06e-07
gradcheck at 19.0 with threshold 20.0: passes
gradcheck at 20.0 with threshold 20.0: fails
gradcheck at 20.0 with threshold 40.0: passes
SEEN
echo "As described."
