"""The API does what its own description says: schemathesis asks, with nothing excluded.

It makes up good and bad requests for every operation, and finds fault with a 5xx, a status, type
or shape that is not described, bad data that is taken, good data that is refused, a route that
answers without a token though it should not, and more (`st run --help`).
"""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import ROOT
from tests.people import PASSWORD, Api

MAX_EXAMPLES = 15
DEADLINE_SECONDS = 240
"""It asks some hundred operations, each in several ways."""


async def _known(api: Api) -> dict[str, Any]:
    """Who it is, and what exists by the names of path parameters and of a body's fields."""
    alice, bob, carol, _ = await api.people("alice", "bob", "carol", "mallory")
    group = await alice.group("everybody", bob)
    message_id = (await alice.send(group, "hello")).json()["id"]
    answer_id = (await bob.send(group, "hello yourself")).json()["id"]
    person_id = str(bob.user_id)
    return {
        "url": api.url,
        "token": alice.access_token,
        "password": PASSWORD,
        "path": {
            "conversation_id": group,
            "message_id": message_id,
            "user_id": person_id,
            "other_user_id": person_id,
        },
        # Of bob's message, since nobody reports their own.
        "body": {"message_id": answer_id, "user_id": str(carol.user_id)},
    }


async def _run_schemathesis(url: str, known: dict[str, Any], folder: Path) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
        *("--max-examples", str(MAX_EXAMPLES), "--generation-deterministic"),
        *("--checks", "all", "--continue-on-failure"),
        "--no-color",
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.contracts.schemathesis_hooks",
            "FYNIX_TEST_KNOWN": json.dumps(known),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out.decode()


@pytest.mark.timeout(DEADLINE_SECONDS + 20)
async def test_every_operation_does_what_it_is_described_to_do(
    unlimited: Api, tmp_path: Path
) -> None:
    known = await _known(unlimited)

    code, report = await _run_schemathesis(unlimited.url, known, tmp_path)

    assert code == 0, report
    selected = re.search(r"Selected: (\d+)/(\d+)\s+Tested: (\d+)", report)
    assert selected is not None, report
    assert len(set(selected.groups())) == 1, report
