"""Links in a text, and the host that each leads to."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from fynix_server.policy.content_filter.hosts import decoded

# What ends a link in running text. A comma could be of the link, but more often is not.
_PIECE = re.compile(r"[^\s<>\"'(),;|{}^`«»“”„]+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}://")
_AUTHORITY = re.compile(r"[^/?#]*")
_PORT = re.compile(r":\d*$")
_NAME = re.compile(r"(?:[\w-]{1,63}\.)+[\w-]{2,63}\.?")
# Anything else, browsers may read in another way than it looks: userinfo, other slashes, encoded
# letters, signs that become dots and slashes.
_PLAIN_NAME = re.compile(r"(?:[\w-]++\.)*+[\w-]++\.?")
_MAX_HOST_CODE_POINTS = 254
# Bare names count as links where they end in one of these, or a path follows: `node.js` and
# "the end.Then" are none. Programs that make links of text have much the same list.
_COMMON_ENDING = re.compile(
    "app|biz|club|com|dev|edu|gg|gov|info|io|link|live|me|ly|net|online|org|shop|site|store|tk|top"
    "|tv|vip|xyz|ai|at|au|br|by|ca|ch|cn|co|cz|de|es|eu|fr|ir|jp|kz|mx|nl|pl|ro|ru|se|su|ua|uk|us"
    "|рф|xn--.*"
)


class Link(NamedTuple):
    """A link, and its host as code points `host_start` to `host_end`.

    `host`: in lower case, `xn--` decoded, without port and last dot; "" where what a browser makes
    of it is not what it looks like.
    """

    start: int
    end: int
    host: str
    host_start: int
    host_end: int


def links(text: str) -> Iterator[Link]:
    """Links from left to right: with a scheme, with `www.`, and bare names that are links."""
    if "." not in text and "://" not in text:
        return
    for found in _PIECE.finditer(text):
        piece = found.group()
        if "." in piece.strip(".") or "://" in piece:
            link = _link(piece, found.start())
            if link is not None:
                yield link


def _link(piece: str, at: int) -> Link | None:
    scheme = _SCHEME.search(piece)
    begin = scheme.end() if scheme else len(piece) - len(piece.lstrip("[*_~.:/\\@#-"))
    if begin == len(piece):
        return None
    authority = _AUTHORITY.match(piece, begin)
    written = authority.group() if authority else ""
    name = _PORT.sub("", written.rstrip("]*_~.:!…"))
    if not scheme and not _is_link(name.lower(), rest=piece[begin + len(written) :]):
        return None
    is_plain = len(name) <= _MAX_HOST_CODE_POINTS and _PLAIN_NAME.fullmatch(name)
    host = decoded(name.lower()) if is_plain else ""
    start = scheme.start() if scheme else begin
    return Link(at + start, at + len(piece), host, at + begin, at + begin + len(name))


def _is_link(name: str, rest: str) -> bool:
    if len(name) > _MAX_HOST_CODE_POINTS or not _NAME.fullmatch(name):
        return False
    ending = name.rpartition(".")[2]
    is_usual = _COMMON_ENDING.fullmatch(ending) is not None
    return is_usual or name.startswith("www.") or (rest.startswith("/") and not ending.isdigit())
