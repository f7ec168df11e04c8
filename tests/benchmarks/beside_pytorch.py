"""One training step and one forward pass beside PyTorch, each contestant in a process of its own, in turns.

    python tests/benchmarks/beside_pytorch.py [--doublings] [the Python that has PyTorch]

Float32, batches of 128, SGD with momentum. In one process the thread pools of the two libraries disturb each other. The
number of threads is that of OPENBLAS_NUM_THREADS for both, all cores if it is not set. Without PyTorch there is only
our column.

`--doublings` prints how the cost of a step grows as LeNet-5's batch, image and width double, beside its multiply-adds:
by how many times as much each line is as the one above it.
"""

import os
import statistics
import subprocess
import sys
import time
from importlib import import_module
from typing import NamedTuple

ROUNDS = 30


class Case(NamedTuple):
    """LeNet-5 of a width (1: 20-50-500) on square images of so many pixels; without an image 784-300-100-10."""

    image: int = 28
    width: float = 1
    batch: int = 128

    def neurons(self):
        return [round(count * self.width) for count in ((20, 50, 500) if self.image else (300, 100))]

    def shape(self):
        return (self.image, self.image, 1) if self.image else (784,)

    def flat(self):
        """How many numbers the second pooling leaves."""
        return self.neurons()[1] * (((self.image - 4) // 2 - 4) // 2) ** 2

    def __str__(self):
        name = "LeNet-5 " if self.image else "784-"
        return f"{name}{'-'.join(map(str, self.neurons()))}" + ("" if self.image else "-10")


CASES = (Case(), Case(image=0))
DOUBLINGS = {"batch": [Case(batch=batch) for batch in (16, 32, 64, 128, 256, 512)],
             "image": [Case(image=image) for image in (16, 28, 56)],
             "width": [Case(width=width) for width in (0.5, 1, 2)]}


def ours(case):
    """(a function that makes one training step, one that makes a forward pass)."""
    import numpy as np
    import minprune as mp
    from minprune.engine.losses import find_loss
    from minprune.training.loop import TrainingRun, train_on_batch
    from minprune.training.state import TrainingState
    net, rng, optimizer = our_network(case), np.random.default_rng(0), mp.SGD(0.01, momentum=0.9)
    x = rng.normal(size=(case.batch, *case.shape())).astype("float32")
    t = mp.one_hot(rng.integers(0, 10, case.batch), 10).astype("float32")
    run = TrainingRun(net, find_loss("cross_entropy"), optimizer, TrainingState(optimizer.start(net.parameters())))
    return lambda: train_on_batch(run, x, t), lambda: net.output(x)


def our_network(case):
    import minprune as mp
    first, second, *rest = case.neurons()
    layers = [mp.Conv2D(first, 5, "relu"), mp.MaxPool2D(2), mp.Conv2D(second, 5, "relu"), mp.MaxPool2D(2), mp.Flatten(),
              mp.Dense(*rest, "relu")] if case.image else [mp.Dense(first, "relu"), mp.Dense(second, "relu")]
    return mp.Network(case.shape(), [*layers, mp.Dense(10)], dtype="float32")


def pytorch(case):
    """The same of PyTorch."""
    torch = import_module("torch")              # no package of this project: it is looked for when it is asked for
    nn = torch.nn
    if "OPENBLAS_NUM_THREADS" in os.environ:
        torch.set_num_threads(int(os.environ["OPENBLAS_NUM_THREADS"]))
    first, second, *rest = case.neurons()
    if case.image:
        net = nn.Sequential(nn.Conv2d(1, first, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(first, second, 5), nn.ReLU(),
                            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(case.flat(), *rest), nn.ReLU(),
                            nn.Linear(*rest, 10))
        x = torch.randn(case.batch, 1, case.image, case.image)
    else:
        net = nn.Sequential(nn.Linear(784, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(),
                            nn.Linear(second, 10))
        x = torch.randn(case.batch, 784)
    t, loss = torch.randint(0, 10, (case.batch,)), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9)

    def step():
        optimizer.zero_grad()
        loss(net(x), t).backward()
        optimizer.step()

    def forward():
        with torch.no_grad():
            net(x)
    return step, forward


def work(who, *case):
    """What a contestant's process does: for each line that it reads, run once, and answer with the seconds."""
    image, width, batch = case
    functions = {"ours": ours, "pytorch": pytorch}[who](Case(int(image), float(width), int(batch)))
    for function in functions * 3:
        function()
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        functions[int(line)]()
        print(time.perf_counter() - start, flush=True)


def contestant(python, who, case):
    return subprocess.Popen([python, __file__, "work", who, *map(str, case)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def ask(process, which):
    process.stdin.write(f"{which}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def times(case, python, rounds=ROUNDS):
    """[[our seconds of a step, of a forward pass], the same of PyTorch if there is one], medians of turns."""
    names = {"ours": sys.executable, **({"pytorch": python} if python else {})}
    contestants = [contestant(path, who, case) for who, path in names.items()]
    if {process.stdout.readline().strip() for process in contestants} != {"ready"}:
        sys.exit(f"{case}: a contestant did not start")
    found = []
    for which in (0, 1):
        taken = [[ask(process, which) for process in contestants] for _ in range(rounds)]
        found.append([statistics.median(column) for column in zip(*taken)])
    for process in contestants:
        process.stdin.close()
        process.wait()
    return list(zip(*found))


def compare(python):
    print(f"{'':<20}{'':<10}{'ours':>12}{'PyTorch':>12}{'ratio':>8}")
    for case in CASES:
        found = times(case, python)
        for which, told in enumerate(("step", "forward")):
            theirs = f"{1e3 * found[1][which]:>9.2f} ms{found[0][which] / found[1][which]:>8.2f}" if python else ""
            print(f"{case!s:<20}{told:<10}{1e3 * found[0][which]:>9.2f} ms{theirs}", flush=True)


def show_doublings(python):
    print(f"{'one step':<8}{'batch':>6}{'image':>6}  {'neurons':<14}{'multiply-adds':>14}{'':>7}{'ours':>12}{'':>7}"
          f"{'PyTorch' if python else '':>12}")
    for what, cases in DOUBLINGS.items():
        before = None
        for case in cases:
            costs = [multiply_adds_of_a_step(case), *(one[0] for one in times(case, python, 10))]
            growth = [f"× {now / then:.2f}" for now, then in zip(costs, before)] if before else [""] * len(costs)
            texts = [f"{costs[0] / 1e6:,.1f} M", *(f"{1e3 * cost:,.2f} ms" for cost in costs[1:])]
            columns = "".join(f"{text:>12}{grown:>8}" for text, grown in zip(texts, growth))
            print(f"{what:<8}{case.batch:>6}{case.image:>6}  {'-'.join(map(str, case.neurons())):<14}{columns}",
                  flush=True)
            before = costs


def multiply_adds_of_a_step(case):
    """Of the products: forward and ∂ℓ/∂W of every layer, ∂ℓ/∂x of all but the first."""
    net = our_network(case)
    each = [net[name].multiply_adds() for name in net.neuron_layers]
    return case.batch * (3 * sum(each) - each[0])


def main(arguments):
    doublings = "--doublings" in arguments
    python = [*(one for one in arguments if one != "--doublings"), sys.executable][0]
    if subprocess.run([python, "-c", "import torch"], capture_output=True).returncode:
        print(f"{python} has no PyTorch: our times alone")
        python = None
    (show_doublings if doublings else compare)(python)


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(*sys.argv[2:])
    else:
        main(sys.argv[1:])
