"""Argon2id: what is stored, what it costs, and that nobody learns who exists from it."""

import asyncio
import time

import argon2
import pytest

from fynix_server.accounts.passwords import PasswordHasher
from fynix_server.errors import Unavailable
from fynix_server.settings import load_settings


def _hasher(memory_kib: int = 8192, passes: int = 1) -> PasswordHasher:
    return PasswordHasher(
        load_settings(password_hash_memory_kib=memory_kib, password_hash_passes=passes)
    )


async def test_only_the_password_itself_matches() -> None:
    hasher = _hasher()
    stored = await hasher.hash("correct horse")

    assert await hasher.verify(stored, "correct horse")
    assert not await hasher.verify(stored, "correct horse ")
    assert not await hasher.verify(stored, "Correct horse")
    assert not await hasher.verify(stored, "")


async def test_what_is_stored_is_argon2id_with_the_settings_cost_and_a_salt() -> None:
    hasher = _hasher(memory_kib=16384, passes=2)

    first, second = await hasher.hash("correct horse"), await hasher.hash("correct horse")

    parameters = argon2.extract_parameters(first)
    assert parameters.type is argon2.Type.ID
    assert (parameters.memory_cost, parameters.time_cost) == (16384, 2)
    assert first != second


@pytest.mark.parametrize(
    "password", ["пароль-пароль", "🔑" * 8, "é" * 128, "a" * 128, "  \t  \n  "]
)
async def test_passwords_of_any_script_and_length_are_kept_whole(password: str) -> None:
    hasher = _hasher()
    stored = await hasher.hash(password)

    assert await hasher.verify(stored, password)
    assert not await hasher.verify(stored, password[:-1])


async def test_a_hash_of_older_parameters_still_matches_and_asks_for_a_newer_one() -> None:
    old, new = _hasher(passes=1), _hasher(passes=2)
    stored = await old.hash("correct horse")

    assert await new.verify(stored, "correct horse")
    assert new.needs_rehash(stored)
    assert not old.needs_rehash(stored)


async def test_nobodys_password_and_a_damaged_hash_cost_as_much_as_a_real_one() -> None:
    hasher = _hasher(memory_kib=32768, passes=3)
    stored = await hasher.hash("correct horse")

    async def seconds(password_hash: str | None) -> float:
        took = []
        for _ in range(5):
            # Of the processor, which other programs on the machine do not lengthen.
            began = time.process_time()
            assert not await hasher.verify(password_hash, "wrong horse")
            took.append(time.process_time() - began)
        return min(took)

    real, nobody, damaged = await seconds(stored), await seconds(None), await seconds("!")

    # Without the work it would be a hundredth.
    assert 0.4 < nobody / real < 2.5
    assert 0.4 < damaged / real < 2.5


async def test_no_more_than_two_are_hashed_at_once() -> None:
    hasher = _hasher()
    running = most = 0

    def work() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.01)
        running -= 1

    await asyncio.gather(*(hasher._in_turn(work) for _ in range(12)))

    assert most == 2


async def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    hasher = _hasher(memory_kib=65536, passes=3)
    hashing = asyncio.create_task(hasher.hash("correct horse"))
    turns = 0

    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)

    assert turns > 10


async def test_a_flood_is_told_to_come_back_and_does_no_lasting_harm() -> None:
    hasher = _hasher()

    answers = await asyncio.gather(
        *(hasher.hash("correct horse") for _ in range(110)), return_exceptions=True
    )

    refused = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refused) == 10
    assert refused[0].retry_after_seconds >= 1
    assert await hasher.verify(await hasher.hash("correct horse"), "correct horse")
