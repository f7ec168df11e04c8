"""Progress: how much work an experiment is, said before it begins, and how much of it is done, said on the way."""

import time

from ...retraining.recipe import Recipe


def epochs_of(training, job):
    """How many epochs a Job retrains, where its recipe says it: in a schedule of S steps, S times its epochs."""
    if not isinstance(job.retrain, Recipe):
        return 0
    return job.retrain.epochs * (1 if job.method.function else len(job.method.schedule(job.fraction)))


def work_of(training, starts, jobs, log):
    """{name: epochs} of all that is still to be done, a network a name."""
    work = {start.name: 0 if training.trained else training.epochs for start in starts}
    work |= {job.name: epochs_of(training, job) for job in jobs}
    return {name: epochs for name, epochs in work.items() if name not in log.records}


def announcement(training, starts, jobs, left):
    """What is to be done, in a few lines: networks × methods × sizes, and epochs."""
    methods = list(dict.fromkeys(job.method.name for job in jobs))
    fractions = list(dict.fromkeys(job.fraction for job in jobs))
    how = "already trained" if training.trained else f"to train, {training.epochs} epochs each"
    lines = [f"networks   {len(starts)}, {how}",
             f"to prune   {len(jobs)} = {len(starts)} × {len(methods)} × {len(fractions)} (networks × methods × sizes)",
             f"methods    {', '.join(methods)}",
             f"work       {sum(left.values()):,} epochs of training for {len(left)} networks"]
    done = len({item.name for item in (*starts, *jobs)}) - len(left)
    return "\n".join([*lines, f"           ({done} more are in the log, and are not done again)"] if done else lines)


class Progress:
    """Counts the networks that are done, and prints a line for each: `left` {name: epochs} is what there is to do."""

    def __init__(self, left, clock=time.perf_counter):
        self.left, self.clock = dict(left), clock
        self.total, self.epochs, self.start = len(left), sum(left.values()), clock()

    def done(self, name, text):
        """A network is done: print how many are, the text, and how long the others will take."""
        self.left.pop(name, None)
        print(f"[{self.total - len(self.left)} of {self.total}] {text}{self.remaining()}", flush=True)

    def remaining(self):
        """The time that is left, if each epoch takes as long as those so far; "" where that says nothing."""
        ahead = sum(self.left.values())
        if not ahead or ahead == self.epochs:
            return ""
        seconds = (self.clock() - self.start) * ahead / (self.epochs - ahead)
        return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"
