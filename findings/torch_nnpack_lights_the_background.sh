#!/usr/bin/env bash
# PyTorch 2.13.0 without oneDNN: from 16 images on, a convolution's outputs over an empty background are not 0.
#
# One would expect a convolution of zeros, with bias 0, to be 0, whatever the batch. With torch.backends.mkldnn.enabled =
# False a float32 convolution is made by NNPACK if the batch has at least 16 images. Its transforms mix neighbouring
# patches, and rounding leaves about 1e-6 where a patch is 0 throughout. After a relu some of the background is "active":
# the percentage of zeros (APoZ) of the same 15 images falls when a 16th joins them, and since relu's slope is 1 there, the
# gradient of the biases is another one, by tens of percent. A new network's biases are often 0, so that scores at
# initialisation see it first. With oneDNN, or in float64, or with 15 images, the zeros are exact.
# Do: count what is above 1e-5 of the largest output, or ask for scores of such networks in float64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import copy

import torch

torch.manual_seed(0)
conv = torch.nn.Conv2d(16, 16, 3)
torch.nn.init.zeros_(conv.bias)
images = torch.zeros(16, 16, 18, 18)
images[:, :, :9, :9] = torch.randn(16, 16, 9, 9)        # a corner; the patches of rows 9 to 15 are empty


def seen(conv, images):
    """(share of zeros over the empty rows, gradient of the biases) of the first 15 images after a relu."""
    conv.zero_grad()
    o = torch.relu(conv(images))[:15]
    o.sum().backward()
    return (o[:, :, 9:] == 0).double().mean().item(), conv.bias.grad.double()


print("torch", torch.__version__.split("+")[0])
_, exact = seen(copy.deepcopy(conv).double(), images.double())
for with_onednn, count in ((True, 16), (False, 15), (False, 16)):
    torch.backends.mkldnn.enabled = with_onednn
    zeros, slope = seen(conv, images[:count])
    off = ((slope - exact).abs() / exact).max().item()
    print(f"oneDNN {'on ' if with_onednn else 'off'}, {count} images: all of the background is 0: {zeros == 1}; "
          f"gradient of the biases as in float64, to 10 %: {off < 0.1}")
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
torch 2.13.0
oneDNN on , 16 images: all of the background is 0: True; gradient of the biases as in float64, to 10 %: True
oneDNN off, 15 images: all of the background is 0: True; gradient of the biases as in float64, to 10 %: True
oneDNN off, 16 images: all of the background is 0: False; gradient of the biases as in float64, to 10 %: False
SEEN
echo "As described."
