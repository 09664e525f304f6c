"""What stands before every route of `/api/admin`: the role, and a trace of attempts without it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from quart import Response, g, request

from fynix_server.audit import Act, Actor, record_act
from fynix_server.audit.acts import TargetKind
from fynix_server.auth import Principal, authenticated
from fynix_server.errors import FynixError
from fynix_server.http import current_resources
from fynix_server.permissions import ServerAct, require_role

View = Callable[..., Awaitable[Response]]
ATTEMPTS_AT_POWER = frozenset(
    {"role_required", "role_too_high", "acting_on_oneself", "own_report", "not_reported"}
)
"""Refusals that are written into the audit log: somebody reached for what is not theirs."""
_TARGET_KINDS: dict[str, TargetKind] = {
    "user_id": "user",
    "message_id": "message",
    "conversation_id": "conversation",
    "case_id": "case",
    "rule_id": "rule",
    "session_id": "session",
    "connection_id": "connection",
}
_ACT = "_fynix_act"


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody whose role allows what they ask for. `actor`: as the audit log names them."""

    principal: Principal
    actor: Actor
    act: ServerAct

    @property
    def user_id(self) -> UUID:
        return self.principal.user_id

    @property
    def role(self) -> str:
        return self.principal.role


def administered(act: ServerAct) -> Callable[[View], View]:
    """Only for those whose role allows `act`; the view gets them as `acting`.

    Outermost of a route's decorators. Counts against `api`. The view itself records what was
    done, in its transaction (`audit.record_act`); attempts at power are recorded here.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        async def checked(*args: Any, principal: Principal, **kwargs: Any) -> Response:
            actor = Actor("user", str(principal.user_id), g.request_id)
            try:
                require_role(principal.role, act)
                return await view(*args, acting=Acting(principal, actor, act), **kwargs)
            except FynixError as refusal:
                if refusal.code in ATTEMPTS_AT_POWER:
                    await _record_attempt(actor, act, refusal)
                raise

        known = authenticated()(checked)
        setattr(known, _ACT, act)
        return known

    return decorate


def act_of(view: object) -> ServerAct | None:
    """Which act `administered` guards; None: the view is not of an admin's. For contract tests."""
    act: ServerAct | None = getattr(view, _ACT, None)
    return act


async def _record_attempt(actor: Actor, act: ServerAct, refusal: FynixError) -> None:
    """In a transaction of its own: that of the act, if there was one, is rolled back."""
    resources = current_resources()
    target_kind: TargetKind | None = None
    target_id: str | None = None
    for name, value in (request.view_args or {}).items():
        if name in _TARGET_KINDS:
            target_kind, target_id = _TARGET_KINDS[name], str(value)
    attempt = Act(
        action=act,
        target_kind=target_kind,
        target_id=target_id,
        reason=refusal.code,
        outcome="refused",
    )
    async with resources.database.write() as connection:
        await record_act(connection, actor, attempt, resources.clock())
