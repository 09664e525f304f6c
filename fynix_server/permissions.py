"""Who may do what: one table for the server's roles, and one for those of a group.

The whole of it is tested in tests/permissions/test_server_roles.py and test_group_roles.py.
"""

from enum import StrEnum

from fynix_server.errors import InvalidInput, NotPermitted
from fynix_server.protocol.accounts import Role

RANK: dict[str, int] = {"user": 0, "moderator": 1, "admin": 2}


class ServerAct(StrEnum):
    """What takes a role on the server; also the `action` of its entry in the audit log."""

    # people
    USER_LIST = "user.list"
    USER_SHOW = "user.show"
    USER_ROLE = "user.role"
    USER_WARN = "user.warn"
    USER_MUTE = "user.mute"
    USER_UNMUTE = "user.unmute"
    USER_SUSPEND = "user.suspend"
    USER_UNSUSPEND = "user.unsuspend"
    USER_BAN = "user.ban"
    USER_UNBAN = "user.unban"
    USER_SHADOW_LIMIT = "user.shadow_limit"
    USER_UNSHADOW_LIMIT = "user.unshadow_limit"
    USER_HOLD = "user.hold"
    USER_UNHOLD = "user.unhold"
    USER_PURGE = "user.purge"
    USER_EXPORT = "user.export"
    USER_ERASE = "user.erase"
    # what they wrote, and where
    MESSAGE_DELETE = "message.delete"
    MESSAGE_RESTORE = "message.restore"
    CONVERSATION_READ = "conversation.read"
    CONVERSATION_FREEZE = "conversation.freeze"
    CONVERSATION_UNFREEZE = "conversation.unfreeze"
    # cases
    CASE_LIST = "case.list"
    CASE_SHOW = "case.show"
    CASE_ASSIGN = "case.assign"
    CASE_ACTION = "case.action"
    CASE_DISMISS = "case.dismiss"
    # content filter, spam
    FILTER_LIST = "filter.list"
    FILTER_TEST = "filter.test"
    FILTER_ADD = "filter.add"
    FILTER_CHANGE = "filter.change"
    FILTER_REMOVE = "filter.remove"
    FILTER_IMPORT = "filter.import"
    HELD_LIST = "held.list"
    HELD_REVIEW = "held.review"
    HELD_RELEASE = "held.release"
    HELD_REJECT = "held.reject"
    SPAM_LIST = "spam.list"
    SPAM_EXPLAIN = "spam.explain"
    SPAM_JUDGE = "spam.judge"
    SPAM_EXEMPT = "spam.exempt"
    SPAM_UNEXEMPT = "spam.unexempt"
    # limits, logins, sockets
    LIMITS_SHOW = "limits.show"
    LIMITS_SET = "limits.set"
    LIMITS_RESET = "limits.reset"
    LIMITS_EXEMPT = "limits.exempt"
    SESSION_LIST = "session.list"
    SESSION_REVOKE = "session.revoke"
    CONNECTION_LIST = "connection.list"
    CONNECTION_KICK = "connection.kick"
    # data
    RETENTION_SHOW = "retention.show"
    RETENTION_SET = "retention.set"
    LEGAL_HOLD_LIST = "legal_hold.list"
    LEGAL_HOLD_SET = "legal_hold.set"
    LEGAL_HOLD_LIFT = "legal_hold.lift"
    CLEANUP = "cleanup.run"
    AUDIT_READ = "audit.read"


_MODERATOR = frozenset(
    {
        ServerAct.USER_LIST,
        ServerAct.USER_SHOW,
        ServerAct.USER_WARN,
        ServerAct.USER_MUTE,
        ServerAct.USER_UNMUTE,
        ServerAct.USER_SUSPEND,
        ServerAct.USER_UNSUSPEND,
        ServerAct.USER_BAN,
        ServerAct.USER_UNBAN,
        ServerAct.USER_SHADOW_LIMIT,
        ServerAct.USER_UNSHADOW_LIMIT,
        ServerAct.USER_HOLD,
        ServerAct.USER_UNHOLD,
        ServerAct.USER_PURGE,
        ServerAct.MESSAGE_DELETE,
        ServerAct.MESSAGE_RESTORE,
        ServerAct.CONVERSATION_READ,
        ServerAct.CONVERSATION_FREEZE,
        ServerAct.CONVERSATION_UNFREEZE,
        ServerAct.CASE_LIST,
        ServerAct.CASE_SHOW,
        ServerAct.CASE_ASSIGN,
        ServerAct.CASE_ACTION,
        ServerAct.CASE_DISMISS,
        ServerAct.FILTER_LIST,
        ServerAct.FILTER_TEST,
        ServerAct.HELD_LIST,
        ServerAct.HELD_REVIEW,
        ServerAct.HELD_RELEASE,
        ServerAct.HELD_REJECT,
        ServerAct.SPAM_LIST,
        ServerAct.SPAM_EXPLAIN,
        ServerAct.SPAM_JUDGE,
        ServerAct.LIMITS_SHOW,
        ServerAct.SESSION_LIST,
        ServerAct.CONNECTION_LIST,
        ServerAct.CONNECTION_KICK,
    }
)
LEAST_ROLE: dict[ServerAct, Role] = {
    act: "moderator" if act in _MODERATOR else "admin" for act in ServerAct
}
"""Who may do it at least; a role may do whatever those below it may."""


def require_role(role: str, act: ServerAct) -> None:
    """Raises: NotPermitted (code `role_required`)."""
    needed = LEAST_ROLE[act]
    if RANK.get(role, 0) < RANK[needed]:
        raise NotPermitted(f"This takes the role {needed} on the server.", code="role_required")


def require_power_over(
    actor_id: object, actor_role: str, target_id: object, target_role: str
) -> None:
    """Nobody acts on themselves; moderators act on users only, admins on everybody else.

    Raises: InvalidInput (code `acting_on_oneself`), NotPermitted (code `role_too_high`).
    """
    if actor_id == target_id:
        raise InvalidInput("You cannot do this to yourself.", code="acting_on_oneself")
    if actor_role != "admin" and RANK.get(target_role, 0) >= RANK.get(actor_role, 0):
        raise NotPermitted(
            f"They are {target_role}: only an admin may do this to them.", code="role_too_high"
        )


class GroupAct(StrEnum):
    """What takes a role in a group."""

    RENAME = "rename"
    ADD = "add"
    REMOVE_MEMBER = "remove a member"
    REMOVE_ADMIN = "remove an admin"
    REMOVE_OWNER = "remove the owner"
    CHANGE_ROLE = "change a role"
    TRANSFER = "transfer ownership"
    LEAVE = "leave"


GROUP_ROLES: dict[GroupAct, frozenset[str]] = {
    GroupAct.RENAME: frozenset({"owner", "admin"}),
    GroupAct.ADD: frozenset({"owner", "admin"}),
    GroupAct.REMOVE_MEMBER: frozenset({"owner", "admin"}),
    # Not an admin's: they could settle a quarrel by who is faster.
    GroupAct.REMOVE_ADMIN: frozenset({"owner"}),
    GroupAct.REMOVE_OWNER: frozenset(),
    GroupAct.CHANGE_ROLE: frozenset({"owner"}),
    GroupAct.TRANSFER: frozenset({"owner"}),
    GroupAct.LEAVE: frozenset({"owner", "admin", "member"}),
}
"""Which roles in the group may do it, with no regard to their role on the server."""

REMOVING: dict[str, GroupAct] = {
    "owner": GroupAct.REMOVE_OWNER,
    "admin": GroupAct.REMOVE_ADMIN,
    "member": GroupAct.REMOVE_MEMBER,
}
"""What it is to take somebody of this role out of a group."""


def require_group_role(role: str, act: GroupAct) -> None:
    """Raises: NotPermitted (code `not_an_admin`, `not_the_owner` or `owner_cannot_be_removed`)."""
    allowed = GROUP_ROLES[act]
    if role in allowed:
        return
    if not allowed:
        raise NotPermitted("The owner cannot be removed.", code="owner_cannot_be_removed")
    if allowed == {"owner"}:
        raise NotPermitted("Only the group's owner may do this.", code="not_the_owner")
    raise NotPermitted("Only the group's owner and admins may do this.", code="not_an_admin")
