"""Connections of people, on all instances: listed for moderators, and closed by them."""

import heapq
from collections.abc import Iterable
from uuid import UUID

from fynix_server.acted_on import find_person, lock_person, usernames_of
from fynix_server.administered import Acting
from fynix_server.audit import Act, record_act
from fynix_server.audit.transaction import act_transaction
from fynix_server.connections import opened_at
from fynix_server.errors import NotFound
from fynix_server.protocol.connections import (
    ConnectionKickRequest,
    ConnectionListResponse,
    ConnectionResponse,
    ConnectionsKickedResponse,
    ConnectionsQuery,
    InstanceResponse,
)
from fynix_server.resources import Resources
from fynix_server.sockets.roll_call import Called, OpenConnection, Question, RollCall

MAX_NAMED = 500
"""Connections that an entry of the audit log names; somebody has ten, unless settings say more."""


async def list_connections(
    resources: Resources, roll_call: RollCall, wanted: ConnectionsQuery
) -> ConnectionListResponse:
    """A page of open connections, the longest open first. Raises: NotFound (no such person)."""
    if wanted.user_id is not None:
        async with resources.database.read() as connection:
            await find_person(connection, wanted.user_id)
    called = await roll_call.ask(
        Question(user_id=wanted.user_id, after=wanted.after, limit=wanted.limit)
    )
    page = _first(called, wanted.limit)
    async with resources.database.read() as connection:
        names = await usernames_of(connection, (it.user_id for _, it in page))
    return ConnectionListResponse(
        connections=[_response(instance, it, names.get(it.user_id)) for instance, it in page],
        next_after=page[-1][1].id if called.count > len(page) else None,
        is_complete=called.is_complete,
        instances=_instances(called),
    )


async def kick(
    resources: Resources,
    roll_call: RollCall,
    acting: Acting,
    user_id: UUID,
    request: ConnectionKickRequest,
) -> ConnectionsKickedResponse:
    """Close one of somebody's connections, or all, on every instance, with 1012: whoever it is may
    come back. Where an instance has not answered, it is told all the same.

    Raises: NotFound (no such person; all instances have answered, and none has it), InvalidInput
    (oneself), NotPermitted (their role is too high).
    """
    # Others are waited for before the transaction, not with a lock in hand.
    question = Question(user_id=user_id, connection_id=request.connection_id, limit=MAX_NAMED)
    called = await roll_call.ask(question)
    now = resources.clock()
    async with act_transaction(resources.database, is_dry_run=request.dry_run) as connection:
        await lock_person(connection, acting, user_id, now)
        if called.is_complete and not called.count:
            raise NotFound("They have no such open connection.", code="connection_not_found")
        named = [str(it.id) for _, it in _first(called, MAX_NAMED)]
        act = Act(acting.act, "user", str(user_id), {"connection_ids": named}, {}, request.reason)
        audit_seq = await record_act(connection, acting.actor, act, now)
    if not request.dry_run:
        resources.event_bus.publish_control(_kicked(user_id, request.connection_id))
    return ConnectionsKickedResponse(
        action=acting.act,
        dry_run=request.dry_run,
        audit_seq=None if request.dry_run else audit_seq,
        user_id=user_id,
        kicked=called.count,
        is_complete=called.is_complete,
        instances=_instances(called),
    )


def _kicked(user_id: UUID, connection_id: UUID | None) -> dict[str, str]:
    event = {"type": "kicked", "user_id": str(user_id)}
    return event if connection_id is None else event | {"connection_id": str(connection_id)}


def _first(called: Called, limit: int) -> list[tuple[str, OpenConnection]]:
    """By id, so in the order in which they were opened."""
    found: Iterable[tuple[str, OpenConnection]] = (
        (answer.instance, it) for answer in called.answers.values() for it in answer.connections
    )
    return heapq.nsmallest(limit, found, key=lambda it: it[1].id.int)


def _response(instance: str, it: OpenConnection, username: str | None) -> ConnectionResponse:
    return ConnectionResponse(
        id=it.id,
        user_id=it.user_id,
        username=username,
        session_id=it.session_id,
        instance=instance,
        opened_at=opened_at(it.id),
        protocol=it.protocol,
        queued_frames=it.queued_frames,
    )


def _instances(called: Called) -> list[InstanceResponse]:
    return [
        InstanceResponse(
            instance=instance,
            heard_at=heard_at,
            has_answered=instance in called.answers,
            connections=answer.count if (answer := called.answers.get(instance)) else None,
        )
        for instance, heard_at in sorted(called.heard_at.items())
    ]
