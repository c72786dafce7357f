"""What the peers' scripts share: their clock."""
import statistics
import time


def median_seconds(work, rounds=7, prepare=lambda: ()):
    """Median of some rounds, after one that warms up; `work` gets what `prepare` makes anew for every round, untimed."""
    work(*prepare())
    return statistics.median(seconds(work, prepare()) for _ in range(rounds))


def seconds(work, arguments=()):
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start
