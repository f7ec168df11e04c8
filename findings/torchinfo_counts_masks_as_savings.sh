#!/usr/bin/env bash
# torchinfo 1.8.0: a masked network needs half of the multiply-adds, and all of them again when the mask is made permanent.
#
# torch.nn.utils.prune sets weights to 0; every product with them is still made, in a matrix of the same shape. One would
# expect a count of multiply-adds and of parameters not to change, as other counters' do not. torchinfo counts the entries
# of `weight_mask` that are not 0, for both numbers, so that masking half of the rows reads as half of the work.
# prune.remove leaves the same zeros in the same places, and the report returns to the full count: a table that is made
# before it and one that is made after it differ by the whole saving.
# Do: count after prune.remove, or remove the rows in fact; time the network where time is what is promised.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 torchinfo==1.8.0 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import torch
import torchinfo
from torch.nn.utils import prune
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, bias=False), torch.nn.ReLU(), torch.nn.Flatten(),
                          torch.nn.Linear(288, 10, bias=False))
x = torch.randn(1, 3, 8, 8)


def report(name):
    found = torchinfo.summary(net, input_data=x, verbose=0)
    with FlopCounterMode(display=False) as counter:
        net(x)
    print(f"{name}: torchinfo {found.total_mult_adds} multiply-adds, {found.total_params} parameters; "
          f"made: {counter.get_total_flops() // 2}; sum of the outputs {net(x).sum().item():.4f}")


print("torchinfo", torchinfo.__version__)
report("dense")
prune.ln_structured(net[0], "weight", 4, n=2, dim=0)
prune.ln_structured(net[3], "weight", 5, n=2, dim=0)
report("masked")
prune.remove(net[0], "weight")
prune.remove(net[3], "weight")
report("mask made permanent")
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | sed 's/; sum of the outputs/\n  sum of the outputs/' | tee "$folder/seen.txt"
grep -v "sum of" "$folder/seen.txt" | diff - <(cat <<'SEEN'
torchinfo 1.8.0
dense: torchinfo 10656 multiply-adds, 3096 parameters; made: 10656
masked: torchinfo 5328 multiply-adds, 1548 parameters; made: 10656
mask made permanent: torchinfo 10656 multiply-adds, 3096 parameters; made: 10656
SEEN
)
test "$(grep "sum of" "$folder/seen.txt" | tail -2 | sort -u | wc -l)" = 1            # masked and permanent: one function
echo "As described."
