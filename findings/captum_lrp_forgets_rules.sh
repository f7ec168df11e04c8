#!/usr/bin/env bash
# captum 0.9.0: a rule that was set for LRP holds for one call of attribute; the next call uses another rule.
#
# Captum's documentation sets the rule of a layer as an attribute, `layer.rule = Alpha1_Beta0_Rule()`, as one would a
# setting of the layer. attribute() takes the attribute off again when it is done, the user's own as well as those that it
# put there itself. A second call with the same model and the same input finds none, takes the default rule (epsilon) and
# returns other numbers, with no warning. So do the second layer of a loop over layers and the second batch of a loop over
# batches.
# Reported as meta-pytorch/captum#1059 for layers that have no default rule, where the second call raises an error; with
# layers that have one, as here, there is none.
# Do: set the rules again before each call.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q captum==0.9.0 torch==2.13.0 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import importlib.metadata

import torch
from captum.attr import LRP
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule

model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
with torch.no_grad():
    model[0].weight.copy_(torch.tensor([[2.0, -1.0], [1.0, 1.0]]))
    model[2].weight.copy_(torch.tensor([[1.0, -1.0]]))
    model[0].bias.zero_()
    model[2].bias.zero_()
x = torch.tensor([[3.0, 1.0]])


def attribute():
    return [round(number, 4) for number in LRP(model).attribute(x)[0].tolist()]


for layer in (model[0], model[2]):
    layer.rule = Alpha1_Beta0_Rule()
print("captum", importlib.metadata.version("captum"))
print("rule set      ", attribute())
print("has a rule    ", hasattr(model[0], "rule"))
print("called again  ", attribute())
for layer in (model[0], model[2]):
    layer.rule = Alpha1_Beta0_Rule()
print("rule set again", attribute())
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
captum 0.9.0
rule set       [1.0, 0.0]
has a rule     False
called again   [3.0, -2.0]
rule set again [1.0, 0.0]
SEEN
echo "As described."
