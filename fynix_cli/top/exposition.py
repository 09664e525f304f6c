"""Reading a page of metrics: samples by name and label, and quantiles of histograms."""

from collections.abc import Collection, Iterable, Mapping
from math import inf

from prometheus_client.parser import text_string_to_metric_families

from fynix_cli.errors import CommandError

Labels = Mapping[str, str]


class Exposition:
    """The samples of one scrape. Counters keep the names that they are asked for by: `…_total`."""

    def __init__(self, text: str) -> None:
        """Raises: CommandError (it is no page of metrics)."""
        self._samples: dict[str, list[tuple[Labels, float]]] = {}
        try:
            for family in text_string_to_metric_families(text):
                for it in family.samples:
                    self._samples.setdefault(it.name, []).append((it.labels, it.value))
        except ValueError as error:
            raise CommandError(
                f"what was read is no page of metrics ({error})",
                hint="name the page with --metrics-url, such as http://127.0.0.1:9100/metrics",
            ) from error

    def __contains__(self, name: str) -> bool:
        return name in self._samples

    def value(self, name: str) -> float | None:
        """The sum over all labels; None: there is no such metric."""
        samples = self._samples.get(name)
        return None if samples is None else sum(value for _, value in samples)

    def by_label(
        self, name: str, label: str, *, but: Collection[str] = (), of: str = ""
    ) -> dict[str, float]:
        """The sums for each value of `label`; without samples whose label `of` is in `but`."""
        sums: dict[str, float] = {}
        for labels, value in self._samples.get(name, []):
            if labels.get(of) not in but:
                sums[labels[label]] = sums.get(labels[label], 0.0) + value
        return sums

    def buckets(self, histogram: str) -> dict[float, float]:
        """How many observations were at most each bound, over all labels."""
        sums = self.by_label(f"{histogram}_bucket", "le")
        return {float(bound): count for bound, count in sums.items()}


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """The value that `share` (0 to 1) of the observations are at most; None: there are none.

    As Prometheus does it: evenly within a bucket, and the highest bound for what is past it.
    """
    counts = sorted(buckets.items())
    if not counts or counts[-1][1] <= 0:
        return None
    rank = share * counts[-1][1]
    low = below = 0.0
    for bound, count in counts:
        if count >= rank and count > below:
            within = (rank - below) / (count - below)
            return low if bound == inf else low + (bound - low) * within
        low, below = (low if bound == inf else bound), count
    return low


def difference(after: Mapping[float, float], before: Mapping[float, float]) -> dict[float, float]:
    """What has been added to each; what was not there before began at 0."""
    return {key: value - before.get(key, 0.0) for key, value in after.items()}


def per_second(
    after: Mapping[str, float], before: Mapping[str, float], seconds: float
) -> dict[str, float]:
    return {key: (value - before.get(key, 0.0)) / seconds for key, value in after.items()}


def fell(after: Iterable[float | None], before: Iterable[float | None]) -> bool:
    """Whether a counter stands lower than before, as only that of a new process does."""
    pairs = zip(after, before, strict=True)
    return any(a is None or (b is not None and a < b) for a, b in pairs)
