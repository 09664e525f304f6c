"""What becomes of a message before it is stored: let through, hidden from others, or refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from fynix_server.clock import whole_second
from fynix_server.errors import InvalidInput, NotPermitted
from fynix_server.membership import Members
from fynix_server.policy.policy import Policy
from fynix_server.policy.snapshot import Restrictions
from fynix_server.protocol.fields import rfc3339

HiddenBecause = Literal["held", "shadow"]


@dataclass(frozen=True, slots=True)
class Review:
    """What may be stored of a message. `hidden_because` not null: only its sender sees it."""

    content: str
    hidden_because: HiddenBecause | None = None
    rules: tuple[str, ...] = ()
    """Names of the rules of the content filter that had it held."""


class Muted(NotPermitted):
    """A moderator has taken their voice for a while."""

    code = "muted"


class ContentRejected(InvalidInput):
    """A rule of the content filter refuses it. Which one is not said: that helps to evade it."""

    code = "content_rejected"


def review_message(
    policy: Policy, sender_id: UUID, content: str, content_type: str, now: datetime
) -> Review:
    """Ask what is known of the sender and of the text; no query.

    Raises: Muted, ContentRejected, Unavailable (the policy is not loaded yet).
    """
    restrictions = require_voice(policy, sender_id, now)
    judgement = policy.judge(content, content_type)
    if judgement.verdict == "reject":
        raise ContentRejected("A rule of this server refuses this message.")
    is_held = False
    rules: tuple[str, ...] = ()
    if judgement.verdict == "hold":
        is_held = True
        rules = tuple(
            sorted({it.rule.name for it in judgement.matches if it.rule.verdict == "hold"})
        )
    if restrictions is not None:
        if restrictions.holds("shadow_limited", now):
            return Review(judgement.text, "shadow")
        is_held = is_held or restrictions.holds("held", now)
    return Review(judgement.text, "held" if is_held else None, rules)


def require_voice(policy: Policy, user_id: UUID, now: datetime) -> Restrictions | None:
    """What else is known of somebody who may write, if anything.

    Raises: Muted, Unavailable (the policy is not loaded yet).
    """
    restrictions = policy.restrictions_of(user_id)
    if restrictions is None or not restrictions.holds("muted", now):
        return restrictions
    until = restrictions.until["muted"]
    when = "" if until is None else f" until {rfc3339(whole_second(until))}"
    raise Muted(f"A moderator lets you read here, but not write{when}.")


def refusal_to_write(members: Members, sender_id: UUID) -> NotPermitted | None:
    """Why a member may not write there now; None: they may.

    A block looks like any other refusal of somebody who does not want to be written to.
    """
    if members.is_frozen:
        return NotPermitted(
            "A moderator has frozen this conversation: it can be read, not written in.",
            code="conversation_frozen",
        )
    if members.is_group or not members.blockers:
        return None
    if members.blockers_of(sender_id):
        return cannot_message_user()
    return NotPermitted("You have blocked them; unblock them to write.", code="user_blocked")


def cannot_message_user() -> NotPermitted:
    return NotPermitted("You cannot write to this person.", code="cannot_message_user")
