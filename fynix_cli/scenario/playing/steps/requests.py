"""The request behind each step that is one."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fynix_cli.scenario.model import group_steps as group_shapes
from fynix_cli.scenario.model import protecting_steps
from fynix_cli.scenario.model import talking_steps as shapes
from fynix_cli.scenario.playing.calls import Call
from fynix_cli.scenario.playing.naming import conversation_id, message_id, message_of, user_id
from fynix_cli.scenario.playing.play import Play

CONVERSATIONS = "/api/conversations"


def _dm(play: Play, args: shapes.Dm) -> Call:
    return Call("POST", f"{CONVERSATIONS}/dm/{user_id(play, args.with_)}")


def _group(play: Play, args: group_shapes.Group) -> Call:
    members = [user_id(play, name) for name in args.with_]
    body = {"name": args.name, "participant_ids": members}
    return Call("POST", CONVERSATIONS, body | _given(description=args.description))


def _rename(play: Play, args: group_shapes.Rename) -> Call:
    body = _given(name=args.name, description=args.description)
    return Call("PATCH", _of(args.in_), body)


def _add(play: Play, args: group_shapes.Add) -> Call:
    return Call("POST", f"{_of(args.in_)}/participants", {"user_id": user_id(play, args.who)})


def _role(play: Play, args: group_shapes.Role) -> Call:
    path = f"{_of(args.in_)}/participants/{user_id(play, args.who)}"
    return Call("PATCH", path, {"role": args.is_})


def _remove(play: Play, args: group_shapes.Remove) -> Call:
    return Call("DELETE", f"{_of(args.in_)}/participants/{user_id(play, args.who)}")


def _edit(play: Play, args: shapes.Edit) -> Call:
    of, message = message_of(args.message)
    play.ledger.begins("message_updated", message)
    return Call("PATCH", f"{CONVERSATIONS}/{of}/messages/{message}", {"content": args.text})


def _delete(play: Play, args: shapes.Delete) -> Call:
    of, message = message_of(args.message)
    play.ledger.begins("message_deleted", message)
    return Call("DELETE", f"{CONVERSATIONS}/{of}/messages/{message}")


def _messages(play: Play, args: shapes.Messages) -> Call:
    query = _given(
        before_seq=args.before,
        after_seq=args.after,
        limit=args.limit,
        page=args.page,
        page_size=args.page_size,
    )
    return Call("GET", f"{_of(args.in_)}/messages" + _query(query))


def _conversations(play: Play, args: shapes.Conversations) -> Call:
    return Call("GET", CONVERSATIONS + _query(_given(page=args.page, page_size=args.page_size)))


def _events(play: Play, args: shapes.Events) -> Call:
    query = _given(after_seq=args.after, limit=args.limit)
    return Call("GET", f"{_of(args.in_)}/events" + _query(query))


def _profile(play: Play, args: shapes.Profile) -> Call:
    body = {name: getattr(args, name) for name in ("display_name", "avatar_url")}
    return Call(
        "PATCH", "/api/users/me", {k: v for k, v in body.items() if k in args.model_fields_set}
    )


def _block(play: Play, args: protecting_steps.Block) -> Call:
    return Call("PUT", f"/api/blocks/{user_id(play, args.who)}")


def _unblock(play: Play, args: protecting_steps.Unblock) -> Call:
    return Call("DELETE", f"/api/blocks/{user_id(play, args.who)}")


def _find(play: Play, args: shapes.Find) -> Call:
    return Call("GET", "/api/users" + _query({"q": args.q}))


def _report(play: Play, args: protecting_steps.Report) -> Call:
    about = _given(
        message_id=None if args.message is None else message_id(args.message),
        user_id=None if args.who is None else user_id(play, args.who),
    )
    return Call("POST", "/api/reports", about | _given(reason=args.reason, comment=args.comment))


def _sessions(play: Play, args: shapes.Sessions) -> Call:
    return Call("GET", "/api/auth/sessions")


def _revoke(play: Play, args: shapes.Revoke) -> Call:
    path = "/api/auth/sessions"
    if args.session == "others":
        return Call("DELETE", path)
    return Call("DELETE", f"{path}/{_session_id(play, args.session)}")


def _request(play: Play, args: shapes.Request) -> Call:
    return Call(args.method.upper(), args.path, args.body, args.raw, args.headers)


REQUESTS: dict[str, Callable[[Play, Any], Call]] = {
    "dm": _dm,
    "group": _group,
    "rename": _rename,
    "add": _add,
    "role": _role,
    "remove": _remove,
    "edit": _edit,
    "delete": _delete,
    "messages": _messages,
    "conversations": _conversations,
    "events": _events,
    "profile": _profile,
    "block": _block,
    "unblock": _unblock,
    "find": _find,
    "report": _report,
    "sessions": _sessions,
    "revoke": _revoke,
    "request": _request,
}


def _of(conversation: Any) -> str:
    return f"{CONVERSATIONS}/{conversation_id(conversation)}"


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _query(values: dict[str, Any]) -> str:
    return "?" + urlencode(values) if values else ""


def _session_id(play: Play, text: str) -> str:
    """Of a device such as `bob.phone`; anything else is taken for an id."""
    name, _, device = text.partition(".")
    person = play.people.get(name)
    if person is None:
        return text
    return str(person.device(device or None).login.session_id)
