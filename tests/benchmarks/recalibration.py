"""What recalibration brings back without training: accuracy after a cut, and after the statistics are taken anew.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/recalibration.py         # about three minutes
"""

import minprune as mp

SCORES = ("taylor", "weight_norm", "removal")
FRACTIONS = (0.2, 0.4)


def plain(input_shape, outputs, seed, dtype):
    """Without blocks, all layers with batch norm."""
    def conv(channels):
        return mp.Conv2D(channels, 3, "relu", padding="same", batch_norm=True)

    return mp.Network(input_shape, [conv(16), mp.MaxPool2D(2), conv(32), mp.MaxPool2D(2), mp.Flatten(),
                                    mp.Dense(64, "relu", batch_norm=True), mp.Dense(outputs)], seed, dtype)


def trained(model, data, seed, epochs=20):
    net = model((8, 8, 1), 10, seed=seed, dtype="float32")
    mp.fit(net, data.x_train, data.t_train, optimizer=mp.Adam(mp.schedules.cosine(2e-3, epochs)), epochs=epochs,
           seed=seed, progress=False)
    return net


def main(model):
    print(f"\n{model.__name__}\n{'seed':<6}{'whole':>8}"
          + "".join(f"{f'{name} −{part:.0%}':>22}" for name in SCORES for part in FRACTIONS))
    for seed in range(5):
        data = mp.datasets.load("digits", seed=seed)
        net = trained(model, data, seed)

        def accuracy(net):
            return mp.evaluate(net, data.x_test, data.t_test, latency=False).test_accuracy

        line = f"{seed:<6}{accuracy(net):>8.1%}"
        for name in SCORES:
            scores = mp.score(net, name, data.x_train[:500], data.t_train[:500])
            for part in FRACTIONS:
                small = mp.prune(net, mp.decide(scores, remove=part, scope="layer"))
                line += f"{f'{accuracy(small):.1%} → {accuracy(mp.recalibrate(small, data.x_train)):.1%}':>22}"
        print(line, flush=True)


if __name__ == "__main__":
    for model in (mp.models.resnet, plain):
        main(model)
