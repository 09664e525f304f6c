"""Every refusal has its number on both wires, and none is forgotten."""

import importlib
import pkgutil

import pytest

import fynix_server
from fynix_server.errors import FynixError
from fynix_server.http import HTTP_STATUS, status_of
from fynix_server.sockets.close_codes import CLOSE_CODE, close_code_of, error_frame


def every_error() -> list[type[FynixError]]:
    """All subclasses of FynixError, wherever in the server they are."""
    for module in pkgutil.walk_packages(fynix_server.__path__, "fynix_server."):
        # Alembic alone runs these, in a context of its own.
        if not module.name.startswith("fynix_server.migrations"):
            importlib.import_module(module.name)
    found = [FynixError]
    for error in found:
        found.extend(error.__subclasses__())
    ours = [error for error in found if error.__module__.startswith("fynix_server")]
    # Subclasses come in the order of their import, which test processes need not share.
    return sorted(ours, key=lambda error: error.__qualname__)


ERRORS = every_error()
SHARED = [error for error in ERRORS if error.__module__ == "fynix_server.errors"]


@pytest.mark.parametrize("error", SHARED)
def test_an_error_of_the_whole_server_has_a_status_and_a_close_code(
    error: type[FynixError],
) -> None:
    assert error in HTTP_STATUS
    assert error in CLOSE_CODE


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_of_a_feature_takes_both_from_a_class_more_precise_than_the_root(
    error: type[FynixError],
) -> None:
    instance = error.__new__(error)

    assert error is FynixError or status_of(instance) < 500 or status_of(instance) == 503
    assert close_code_of(instance) in CLOSE_CODE.values()


@pytest.mark.parametrize("error", [it for it in ERRORS if CLOSE_CODE.get(it, 0) is None])
def test_an_error_that_closes_nothing_has_an_error_frame(error: type[FynixError]) -> None:
    instance = error.__new__(error)
    instance.detail = "why"
    instance.retry_after_seconds = 1  # type: ignore[attr-defined]  # of those that are waited for

    assert '"detail":"why"' in error_frame(instance, None)


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_has_a_stable_code_of_its_own(error: type[FynixError]) -> None:
    assert error.code.replace("_", "").isalnum()
    assert error.code == error.code.lower()
