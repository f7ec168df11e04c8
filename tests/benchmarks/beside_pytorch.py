"""One training step and one forward pass beside PyTorch, each contestant in a process of its own, in turns.

    python tests/benchmarks/beside_pytorch.py [the Python that has PyTorch]

Float32, batches of 128, SGD with momentum. In one process the thread pools of the two libraries disturb each other. The
number of threads is that of OPENBLAS_NUM_THREADS for both, all cores if it is not set. Without PyTorch it says so.
"""

import os
import statistics
import subprocess
import sys
import time
from importlib import import_module

ROUNDS = 30
SHAPES = {"LeNet-5 20-50-500": (28, 28, 1), "784-300-100-10": (784,)}
B = 128


def ours(name):
    """(a function that makes one training step, one that makes a forward pass)."""
    import numpy as np
    import minprune as mp
    from minprune.engine.losses import find_loss
    from minprune.training.loop import TrainingRun, train_on_batch
    from minprune.training.state import TrainingState
    make = mp.models.lenet5 if name.startswith("LeNet") else mp.models.lenet_300_100
    net, rng, optimizer = make(SHAPES[name], 10, 0, "float32"), np.random.default_rng(0), mp.SGD(0.01, momentum=0.9)
    x = rng.normal(size=(B, *SHAPES[name])).astype("float32")
    t = mp.one_hot(rng.integers(0, 10, B), 10).astype("float32")
    run = TrainingRun(net, find_loss("cross_entropy"), optimizer, TrainingState(optimizer.start(net.parameters())))
    return lambda: train_on_batch(run, x, t), lambda: net.output(x)


def pytorch(name):
    """The same of PyTorch."""
    torch = import_module("torch")              # no package of this project: it is looked for when it is asked for
    nn = torch.nn
    if "OPENBLAS_NUM_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["OPENBLAS_NUM_THREADS"]))
    if name.startswith("LeNet"):
        net, x = nn.Sequential(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.ReLU(),
                               nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 500), nn.ReLU(),
                               nn.Linear(500, 10)), torch.randn(B, 1, 28, 28)
    else:
        net, x = nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(),
                               nn.Linear(100, 10)), torch.randn(B, 784)
    t, loss = torch.randint(0, 10, (B,)), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9)

    def step():
        optimizer.zero_grad()
        loss(net(x), t).backward()
        optimizer.step()

    def forward():
        with torch.no_grad():
            net(x)
    return step, forward


def work(who, name):
    """What a contestant's process does: for each line that it reads, run once, and answer with the seconds."""
    functions = {"ours": ours, "pytorch": pytorch}[who](name)
    for function in functions * 3:
        function()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        functions[int(line)]()
        print(time.perf_counter() - start, flush=True)


def contestant(python, who, name):
    return subprocess.Popen([python, __file__, "work", who, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)


def ask(process, which):
    process.stdin.write(f"{which}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def main(python):
    if subprocess.run([python, "-c", "import torch"], capture_output=True).returncode:
        sys.exit(f"{python} has no PyTorch: nothing to compare with")
    print(f"{'':<20}{'':<10}{'ours':>12}{'PyTorch':>12}{'ratio':>8}")
    for name in SHAPES:
        pair = [contestant(sys.executable, "ours", name), contestant(python, "pytorch", name)]
        if [process.stdout.readline().strip() for process in pair] != ["ready", "ready"]:
            sys.exit(f"{name}: a contestant did not start")
        for which, told in enumerate(("step", "forward")):
            rounds = [[ask(process, which) for process in pair] for _ in range(ROUNDS)]
            mine, theirs = (statistics.median(column) for column in zip(*rounds))
            print(f"{name:<20}{told:<10}{1e3 * mine:>9.2f} ms{1e3 * theirs:>9.2f} ms{mine / theirs:>8.2f}", flush=True)
        for process in pair:
            process.stdin.close()
            process.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(*sys.argv[2:])
    else:
        main(*(sys.argv[1:] or [sys.executable]))
