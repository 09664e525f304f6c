"""Changing and deleting messages while the people of a conversation change."""

import asyncio

from tests.people import Api

ROUNDS = 5
EDITS = 8


async def test_nobody_edits_or_deletes_once_they_were_taken_out(api: Api) -> None:
    alice, bob = await api.people("alice", "bob")
    for number in range(ROUNDS):
        group = await alice.group(f"club {number}", bob)
        ids = [(await bob.send(group, f"text {it}")).json()["id"] for it in range(EDITS)]
        api.clock.advance(61)  # past the limit of 30 a minute
        url = f"/api/conversations/{group}"

        await asyncio.gather(
            *(
                bob.client.patch(f"{url}/messages/{it}", json={"content": "changed"})
                for it in ids[::2]
            ),
            alice.client.delete(f"{url}/participants/{bob.user_id}"),
            *(bob.client.delete(f"{url}/messages/{it}") for it in ids[1::2]),
        )

        events = (await alice.client.get(f"{url}/events")).json()["events"]
        types = [it["type"] for it in events if it["seq"] > EDITS + 1]
        assert types[-1] == "participant_removed"
        assert set(types[:-1]) <= {"message_updated", "message_deleted"}
