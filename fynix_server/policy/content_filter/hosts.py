"""Host names in a text: where they are named, and what a browser makes of them."""

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from fynix_server.policy.content_filter.folding import (
    SPACELESS,
    Table,
    fold_text,
    is_invisible,
)

_MAX_LABEL_CODE_POINTS = 63
# What browsers take for a full stop in a host name (UTS 46).
_DOTS = ("\u3002", "\uff0e", "\uff61")
_has_dot = re.compile("[.%\u3002\uff0e\uff61\u2024-\u2026]").search
# Letters, marks, digits, hyphens, underscores and emoji, by what they are not: punctuation.
_is_between = re.compile(
    r"[\x00-,./:-@\[-^`{-\xa9\xab\xbb\u2010-\u205e\u3000-\u3004\u3008-\u301f]"
).match
_RUN = re.compile(r"\S+")
# Names with dots; where Chinese or Thai is written right up to one, also without it.
_NAME = re.compile(r"[^\s.]+(?:\.[^\s.]+)+")
_NAME_APART = re.compile(_NAME.pattern.replace(r"\s.", rf"\s.{SPACELESS}"))
_NUMBER_AS_HOST = re.compile(r"(?<=[/\\]{2})(?:[^\s/\\?#@]*+@)?([0-9a-fA-FxX.]++)(?![^\s/\\?#:])")
_IPV6 = re.compile(r"\[([0-9a-fA-F:.]{2,45})\]")


class NamedHost(NamedTuple):
    """A host as it is looked up, and where the text names it (code points)."""

    host: str
    start: int
    end: int


def names(text: str) -> list[str]:
    """Every name with a dot: in links, in addresses and by itself."""
    if not _has_dot(text):
        return []
    found = [name for name, _, _ in _names(text.translate(_IN_HOST))]
    return found + [host for host, _, _ in _encoded(text)] if "%" in text else found


def named_hosts(text: str) -> Iterator[NamedHost]:
    """The same with their places: of what is percent-encoded, the whole run."""
    folded = fold_text(text, _IN_HOST)
    for name, start, end in _names(folded.fine):
        yield NamedHost(name, *folded.span(start, end))
    yield from _encoded(text)


def _encoded(text: str) -> Iterator[NamedHost]:
    for run in _RUN.finditer(text):
        if "%" in run.group():
            for name, _, _ in _names(unquote(run.group()).translate(_IN_HOST)):
                yield NamedHost(name, *run.span())


def _names(fine: str) -> Iterator[tuple[str, int, int]]:
    """Names in a text of which only labels, dots and spaces are left."""
    for run in _RUN.finditer(fine):
        if "." not in run.group():
            continue
        patterns = (_NAME,) if run.group().isascii() else (_NAME, _NAME_APART)
        for found in (it for pattern in patterns for it in pattern.finditer(run.group())):
            # _emphasis_ around it
            name = found.group().rstrip("-_")
            start = run.start() + found.start() + len(name) - len(name.lstrip("-_"))
            name = name.lstrip("-_")
            yield decoded(name), start, start + len(name)


def addresses(text: str) -> Iterator[NamedHost]:
    """IP addresses as hosts of links, however they are written, in their usual form.

    `http://16909060`, `http://0x1020304` and `http://[::ffff:1.2.3.4]` are all 1.2.3.4.
    """
    if "//" in text or "\\\\" in text:
        for found in _NUMBER_AS_HOST.finditer(text):
            try:
                packed = socket.inet_aton(found[1])
            except OSError:
                continue
            yield NamedHost(str(ipaddress.IPv4Address(packed)), *found.span(1))
    if "[" in text:
        for found in _IPV6.finditer(text):
            address = as_address(found[1])
            if address is not None:
                yield NamedHost(address, *found.span(1))


def as_address(host: str) -> str | None:
    """An IP address in its usual form; None if it is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def decoded(host: str) -> str:
    """A name in lower case with its `xn--` labels in the letters that they stand for (NFC)."""
    if "xn--" in host:
        host = ".".join(map(_decoded_label, host.split(".")))
    return host if host.isascii() else unicodedata.normalize("NFC", host)


def _decoded_label(label: str) -> str:
    # Decoding takes the square of the length, and longer ones are no labels.
    if not label.startswith("xn--") or len(label) > _MAX_LABEL_CODE_POINTS:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").casefold()
    except UnicodeError:
        return label


def _as_in_host(char: str) -> str:
    if is_invisible(char):
        return ""
    if char in _DOTS:
        return "."
    parts = unicodedata.normalize("NFKC", char).casefold()
    return "".join(it if it == "." or not _is_between(it) else " " for it in parts)


_IN_HOST = Table(_as_in_host)
