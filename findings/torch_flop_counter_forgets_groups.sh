#!/usr/bin/env bash
# PyTorch 2.13.0: FlopCounterMode counts the weight gradient of a grouped convolution as if it had one group.
#
# One would expect the way back of a convolution to cost twice its way forward: once for the gradient of x, once for that of
# W. Forward, and for the gradient of x, the counter divides by the groups. For the gradient of W it does not: of a depthwise
# convolution of C channels it counts C times what is needed, and the whole way back is C + 1 forward passes in place of 2.
# So the training cost of networks with depthwise layers is overstated, and pruning their channels appears to save with the
# square of the channels where it saves in proportion. In the same counter a matrix times a vector, nn.Bilinear and nn.LSTM
# (on CPU) cost nothing at all.
# A correction was proposed in pytorch/pytorch#183405, which is not in 2.13.0.
# Do: count forward and take three times that for a training step.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import torch
from torch.utils.flop_counter import FlopCounterMode


def flops(run):
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def back_and_forth(channels, groups, of_x):
    """Flops forward, and those back as a multiple of them."""
    conv = torch.nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
    x = torch.randn(2, channels, 10, 10, requires_grad=of_x)
    y = []
    forward = flops(lambda: y.append(conv(x)))
    assert forward == 2 * 2 * 100 * channels * (channels // groups) * 9
    return forward, flops(y[0].sum().backward) / forward


print("torch", torch.__version__.split("+")[0])
for groups in (1, 2, 4, 8):
    forward, back = back_and_forth(8, groups, True)
    _, of_W = back_and_forth(8, groups, False)
    print(f"8 channels in {groups} groups: forward {forward} flops, back {back:g} times that, gradient of W alone {of_W:g}")
for channels in (32, 16):
    forward, back = back_and_forth(channels, channels, True)
    print(f"depthwise, {channels} channels: a step counts {forward * (1 + back):.0f}")
print("matrix times vector:", flops(lambda: torch.randn(3, 5) @ torch.randn(5)),
      " Bilinear:", flops(lambda: torch.nn.Bilinear(5, 6, 7)(torch.randn(3, 5), torch.randn(3, 6))),
      " LSTM:", flops(lambda: torch.nn.LSTM(5, 4)(torch.randn(7, 3, 5))))
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
torch 2.13.0
8 channels in 1 groups: forward 230400 flops, back 2 times that, gradient of W alone 1
8 channels in 2 groups: forward 115200 flops, back 3 times that, gradient of W alone 2
8 channels in 4 groups: forward 57600 flops, back 5 times that, gradient of W alone 4
8 channels in 8 groups: forward 28800 flops, back 9 times that, gradient of W alone 8
depthwise, 32 channels: a step counts 3916800
depthwise, 16 channels: a step counts 1036800
matrix times vector: 0  Bilinear: 0  LSTM: 0
SEEN
echo "As described."
