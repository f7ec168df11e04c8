"""Half of each layer gone, by a cut, softly, by growing regularisation: test accuracy without and with retraining.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/pruning_while_training.py        # about a minute
"""

import minprune as mp

EPOCHS, REMOVE = 20, 0.5
HEAD = ("whole", "cut", "cut, +10 epochs", "soft, folded", "came back", "growing, cut", "growing, chosen",
        "dense-sparse-dense")


def row(seed):
    data = mp.datasets.load("digits", seed=seed)
    x, t = data.x_train, data.t_train

    def accuracy(net):
        return f"{mp.evaluate(net, data.x_test, data.t_test, latency=False).test_accuracy:.1%}"

    def trained(callback=None):
        net = mp.models.mlp((8, 8, 1), 10, seed, "float32")
        mp.fit(net, x, t, optimizer=mp.Adam(mp.schedules.cosine(2e-3, EPOCHS)), epochs=EPOCHS, seed=seed,
               progress=False, callback=callback)
        return net

    def further(net, **options):
        mp.fit(net, x, t, optimizer=mp.Adam(1e-3), epochs=10, seed=seed, progress=False, **options)
        return net

    net = trained()
    keep = mp.decide(mp.score(net, "weight_norm"), remove=REMOVE, scope="layer")
    soft, growing = mp.SoftPruning(schedule=[REMOVE]), mp.GrowingL2(net, keep)
    softly, slowly = trained(soft), further(net.copy(), on_step=growing)
    choosing = mp.GrowingSelection(net, remove=REMOVE)
    chosen = further(net.copy(), on_step=choosing)
    return [accuracy(net), accuracy(mp.prune(net, keep)), accuracy(further(mp.prune(net, keep))),
            accuracy(mp.fold_means(softly, soft.keep, x)), str(sum(soft.revived)), accuracy(mp.prune(slowly, keep)),
            accuracy(mp.prune(chosen, choosing.keep)),
            accuracy(mp.dense_sparse_dense(net, data, remove=REMOVE)[-1].net)]


if __name__ == "__main__":
    print("seed" + "".join(f"{name:>20}" for name in HEAD))
    for seed in range(5):
        print(f"{seed:<4}" + "".join(f"{value:>20}" for value in row(seed)), flush=True)
