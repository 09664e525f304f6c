"""What goes on beside sending and reading: joining, leaving, editing, marking, asking."""

import asyncio
import random
from uuid import UUID, uuid4

from fynix_cli.client.failures import ApiError
from fynix_cli.client.http import Call
from fynix_cli.client.rest import RestClient
from fynix_cli.errors import Unreachable
from fynix_server.protocol.messages import MessageResponse
from tests.faults.torture.history import (
    Listed,
    MarkerMoved,
    MarkerSeen,
    MembershipChange,
    Send,
    UnreadTold,
)
from tests.faults.torture.world import Conversation, Person, World


class Churner:
    """The owner of a group, who takes people out and brings them back; some leave themselves."""

    def __init__(self, world: World, group: Conversation, rng: random.Random, pause: float) -> None:
        self._world = world
        self._group = group
        self._rng = rng
        self._pause = pause
        self._away: list[Person] = []

    async def run(self) -> None:
        while not self._world.is_over:
            await asyncio.sleep(self._rng.expovariate(1 / self._pause))
            staying = [it for it in self._group.members if it is not self._group.owner]
            if self._away and (len(staying) < 2 or self._rng.random() < 0.5):
                await self._add(self._rng.choice(self._away))
            elif staying:
                await self._remove(self._rng.choice(staying))

    async def _remove(self, person: Person) -> None:
        # Sends of theirs that are under way may be refused or not: either is right.
        self._group.members.remove(person)
        actor = self._rng.choice((person, self._group.owner))
        call = Call("DELETE", f"{self._url}/{person.id}", is_repeatable=False)
        is_done = await self._change(actor, call, person, is_added=False)
        (self._away if is_done else self._group.members).append(person)

    async def _add(self, person: Person) -> None:
        body = {"user_id": str(person.id)}
        call = Call("POST", self._url, body=body, is_repeatable=False)
        if await self._change(self._group.owner, call, person, is_added=True):
            self._away.remove(person)
            self._group.members.append(person)

    @property
    def _url(self) -> str:
        return f"/api/conversations/{self._group.id}/participants"

    async def _change(self, actor: Person, call: Call, person: Person, *, is_added: bool) -> bool:
        """Whether it is so now: what the answer leaves open is asked again until it is known."""
        began, is_sure = self._world.history.now(), False
        while not is_sure:
            try:
                async with actor.rest() as rest:
                    await rest.http.send(call)
                is_sure = True
            except ApiError as error:
                # An earlier try may have done it: they are in, or out, already.
                is_sure = error.status in (403, 404, 409)
            except Unreachable:
                pass
            if not is_sure:
                await asyncio.sleep(0.2)
        ended = self._world.history.now()
        self._world.history.record(
            MembershipChange(began, ended, self._group.id, person.id, is_added)
        )
        return True


class Meddler:
    """Edits, deletes and marks as read; asks for what is and is not theirs, and how far people
    have read."""

    def __init__(self, world: World, person: Person, rng: random.Random, pause: float) -> None:
        self._world = world
        self._person = person
        self._rng = rng
        self._pause = pause
        self._last_listed: dict[UUID, list[MessageResponse]] = {}

    async def run(self) -> None:
        acts = (self._list, self._list_foreign, self._mark, self._look, self._edit, self._delete)
        async with self._person.rest(attempts=1) as self._rest:
            while not self._world.is_over:
                await asyncio.sleep(self._rng.expovariate(1 / self._pause))
                act = self._rng.choices(acts, (4, 2, 4, 3, 1, 1))[0]
                try:
                    await act()
                except (ApiError, Unreachable):
                    continue  # under faults that is an answer too

    async def _list(self) -> None:
        mine = self._world.of(self._person)
        if mine:
            await list_messages(self._world, self._person, self._rest, self._rng.choice(mine))

    async def _list_foreign(self) -> None:
        """As somebody who is, or was, not in it."""
        conversation = self._rng.choice(self._world.conversations)
        asker = self._rng.choice((self._person, self._world.stranger))
        if asker is self._person:
            await list_messages(self._world, asker, self._rest, conversation)
            return
        async with asker.rest(attempts=1) as rest:
            await list_messages(self._world, asker, rest, conversation)

    async def _mark(self) -> None:
        mine = self._world.of(self._person)
        if not mine:
            return
        conversation = self._rng.choice(mine)
        page = await self._rest.messages(conversation.id, limit=20)
        if page.messages:
            message = self._rng.choice(page.messages)
            began = self._world.history.now()
            await self._rest.mark_read(conversation.id, message.id)
            self._world.history.record(
                MarkerMoved(
                    *(began, self._world.history.now()),
                    *(self._person.id, conversation.id, message.id),
                )
            )

    async def _look(self) -> None:
        mine = self._world.of(self._person)
        if not mine:
            return
        began = self._world.history.now()
        found = await self._rest.conversation(self._rng.choice(mine).id)
        ended = self._world.history.now()
        for part in found.participants:
            if part.is_active:
                self._world.history.record(
                    MarkerSeen(
                        *(began, ended, self._person.name, part.user_id, found.id),
                        part.last_read_message_id,
                    )
                )

    async def _edit(self) -> None:
        send = self._own_message()
        if send is not None:
            path = f"/api/conversations/{send.conversation_id}/messages/{send.message_id}"
            body = {"content": f"{send.content[:1000]} edited {self._rng.random()}"}
            await self._rest.http.send(Call("PATCH", path, body=body))

    async def _delete(self) -> None:
        send = self._own_message()
        if send is not None and send.message_id is not None:
            await self._rest.delete_message(send.conversation_id, send.message_id)

    def _own_message(self) -> Send | None:
        recent = self._world.history.observations[-2000:]
        mine = [
            it
            for it in recent
            if isinstance(it, Send) and it.outcome == "stored" and it.sender_id == self._person.id
        ]
        return self._rng.choice(mine) if mine else None


async def list_messages(
    world: World, person: Person, rest: RestClient, conversation: Conversation
) -> None:
    """Ask for the newest messages, and write down what was shown or refused."""
    began = world.history.now()
    status = 200
    seqs: tuple[int, ...] = ()
    try:
        page = await rest.messages(conversation.id, limit=30)
        seqs = tuple(it.seq for it in page.messages)
    except ApiError as error:
        if error.status >= 500 or error.status == 429:
            return
        status = error.status
    world.history.record(
        Listed(began, world.history.now(), person.id, conversation.id, status, seqs)
    )


async def ask_unread_counts(world: World) -> None:
    """Everybody's unread counts, once all is at rest."""
    for person in world.people:
        async with person.rest() as rest:
            for conversation in await rest.all_conversations():
                world.history.record(
                    UnreadTold(
                        *(world.history.now(), person.id),
                        *(conversation.id, conversation.unread_count),
                    )
                )


async def say_last_words(world: World) -> None:
    """One more message in each conversation, by its owner."""
    for conversation in world.conversations:
        began, content = world.history.now(), f"{uuid4().hex} the end"
        async with conversation.owner.rest() as rest:
            key = uuid4().hex
            while True:
                try:
                    message = await rest.send_message(conversation.id, content, key)
                    break
                except ApiError as refusal:
                    await asyncio.sleep(refusal.retry_after or 0.1)
        world.history.record(
            Send(
                *(began, world.history.now(), conversation.owner.id, conversation.id),
                *(key, content, "stored", "201"),
                message_id=message.id,
                seq=message.seq,
            )
        )


async def try_as_stranger(world: World) -> None:
    """The stranger writes to every conversation, and is refused."""
    for conversation in world.conversations:
        began, content = world.history.now(), f"{uuid4().hex} by a stranger"
        key = uuid4().hex
        tried = (world.stranger.id, conversation.id, key, content)
        async with world.stranger.rest() as rest:
            try:
                message = await rest.send_message(conversation.id, content, key)
            except ApiError as refusal:
                ended = world.history.now()
                world.history.record(Send(began, ended, *tried, "refused", refusal.code))
            else:
                ended, stored = world.history.now(), (message.id, message.seq)
                world.history.record(Send(began, ended, *tried, "stored", "201", *stored))
