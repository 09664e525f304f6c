"""Characters that a terminal's encoding lacks, by others of the same width.

Python would write their numbers instead, and everything to the right would be shifted.
"""

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.cells import cell_len

HANDLER = "fynix-same-width"
_LOOK_ALIKES = str.maketrans("✓✗…●○─│╭╮╰╯↓↑", "+!.*o-|++++vv")


@contextmanager
def replacing_what_cannot_be_shown(stream: TextIO | None) -> Iterator[None]:
    """Meanwhile, `stream` writes look-alikes for what its encoding lacks."""
    if not isinstance(stream, io.TextIOWrapper):
        yield
        return
    codecs.register_error(HANDLER, _replaced)
    before = stream.errors
    stream.reconfigure(errors=HANDLER)
    try:
        yield
    finally:
        stream.reconfigure(errors=before)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_replacement(character) for character in lacking), error.end


def _replacement(character: str) -> str:
    look_alike = character.translate(_LOOK_ALIKES)
    return look_alike if look_alike.isascii() else "?" * cell_len(character)
