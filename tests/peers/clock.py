"""What the peers' scripts share: their clock."""
import statistics
import time


def median_seconds(work, rounds=7):
    """Median of some rounds, after one that warms up."""
    work()
    return statistics.median(seconds(work) for _ in range(rounds))


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
