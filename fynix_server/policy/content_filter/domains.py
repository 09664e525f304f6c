"""Domains: hosts that a text names, with all that is below them, and how they can be disguised."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from fynix_server.policy.content_filter.folding import Table, look_alike
from fynix_server.policy.content_filter.hosts import (
    addresses,
    as_address,
    decoded,
    named_hosts,
    names,
)
from fynix_server.policy.content_filter.rules import Hit

_LOOK_ALIKE = Table(look_alike)


class HostIndex:
    """Which of several domains a host is, or is below. Costs the same however many there are."""

    def __init__(self, patterns: Iterable[tuple[int, str]]) -> None:
        self._by_host: dict[str, list[int]] = defaultdict(list)
        for rule, pattern in patterns:
            self._by_host[canonical(pattern)].append(rule)
        self._most_labels = max((host.count(".") + 1 for host in self._by_host), default=0)
        self.has_addresses = any(as_address(host) for host in self._by_host)

    def of(self, host: str) -> list[int]:
        """The numbers of the domains."""
        labels = host.split(".")[-self._most_labels :]
        names = [".".join(labels[first:]) for first in range(len(labels))]
        return [rule for name in names if name in self._by_host for rule in self._by_host[name]]

    def __bool__(self) -> bool:
        return bool(self._by_host)


class DomainIndex:
    """The rules of the kind `domain` that are no exceptions."""

    def __init__(self, patterns: Iterable[tuple[int, str]]) -> None:
        self._index = HostIndex(patterns)

    def find(self, text: str) -> Iterator[Hit]:
        """Where their hosts are named, below them, or as what looks like them."""
        if not self._index:
            return
        if any(map(self._listed, names(text))):
            for host, start, end in named_hosts(text):
                for rule in self._listed(host):
                    yield Hit(rule, start, end)
        if self._index.has_addresses:
            for host, start, end in addresses(text):
                for rule in self._index.of(host):
                    yield Hit(rule, start, end)

    def _listed(self, host: str) -> list[int]:
        if host.isascii():
            return self._index.of(host)
        # A domain with letters of its own is found as it is: bücher.de is not bucher.de.
        return self._index.of(host) + self._index.of(host.translate(_LOOK_ALIKE))


def canonical(pattern: str) -> str:
    """A domain as hosts are looked up: lower case, its own letters, no last dot; or an address."""
    host = pattern.strip().rstrip(".").casefold()
    return as_address(host.strip("[]")) or decoded(host)
