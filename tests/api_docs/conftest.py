"""What describes the API is the same on both stacks; once is enough."""

import pytest


@pytest.fixture
def stack() -> str:
    return "embedded"
