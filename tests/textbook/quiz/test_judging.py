"""Chapter 13: samples, weights and seeds, counted one by one; chance, as it is for coins."""

import math
import statistics

from minprune.textbook.quiz import judging


def four_sizes(given, at, question):
    F, first, second, C = given["widths"]
    whole, half = [F, first, second, C], [F, first / 2, second / 2, C]

    def weights(widths):
        return sum(widths[i] * widths[i + 1] for i in range(3))

    return weights(whole) + sum(whole[1:]), weights(half) + sum(half[1:]), 100 * weights(half) / weights(whole)


def chance(given, at, question):
    """The standard deviation of a share of N coins, by the sum over all numbers of heads."""
    p, N = given["accuracy"], given["samples"]
    logs = [math.lgamma(N + 1) - math.lgamma(k + 1) - math.lgamma(N - k + 1) + k * math.log(p)
            + (N - k) * math.log(1 - p) for k in range(N + 1)]
    return [100 * math.sqrt(sum(math.exp(log) * (k / N - p) ** 2 for k, log in enumerate(logs)))]


def paired(given, at, question):
    d = [one - other for one, other in zip(given["first"], given["second"])]
    return statistics.mean(d), statistics.stdev(d) / 2


def who_paid(given, at, question):
    rows = list(zip(*(given[name].tolist() for name in ("t", "before", "after"))))
    changes = [100 * statistics.mean((after == t) - (before == t) for t, before, after in rows if t == k)
               for k in (0, 1)]
    return *changes, len([row for row in rows if row[0] == row[1] != row[2]])


def holm(given, at, question):
    """The highest that any p not above it comes to, times how many are at least as high."""
    p = list(given["p"])
    return [max(min(1, lower * sum(other >= lower for other in p)) for lower in p if lower <= one) for one in p]


def test_keys(check_keys):
    check_keys(judging, {"four_sizes": four_sizes, "chance_of_the_test_data": chance, "paired_difference": paired,
                         "who_paid": who_paid, "many_comparisons": holm})
