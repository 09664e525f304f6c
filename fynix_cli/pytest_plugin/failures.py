"""What a test is told, without where inside of Fynix it came from."""

import pytest

from fynix_cli.errors import CommandError


class Missed(AssertionError):
    """Something is not as a test says that it must be; the text shows what came instead."""


class BadArgument(ValueError):
    """A test asked for something that cannot be. The text says what, and what can."""


# The last: of a timeout of pytest's, which comes while a test waits.
TOLD = (Missed, BadArgument, CommandError, pytest.fail.Exception)
