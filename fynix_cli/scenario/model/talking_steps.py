"""Steps of people who talk: everything that the API can do."""

from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from fynix_cli.scenario.model.group_steps import GROUP_STEPS
from fynix_cli.scenario.model.group_steps import IN as _IN
from fynix_cli.scenario.model.step_shapes import Asking, StepArgs
from fynix_cli.scenario.model.values import (
    Args,
    Flag,
    PersonName,
    Ref,
    Share,
    Text,
    Via,
    Whole,
    is_reference,
)

_MESSAGE: Any = Field(description="The message, such as $m1.")


class Dm(Asking):
    """Open the conversation with somebody; it is made if there is none."""

    shorthand: ClassVar[str | None] = "with_"
    example: ClassVar[str] = "alice.dm: {with: bob, save: dm}"

    with_: PersonName = Field(alias="with", description="With whom.")


class Retry(Args):
    """How often to try again, with the same client_message_id, while no answer comes."""

    shorthand: ClassVar[str | None] = "max"

    max: Whole = Field(5, description="So many times at most.")


class Send(Asking):
    """Send a message. Its client_message_id comes from the run's id and the step's place."""

    example: ClassVar[str] = "alice.send: {in: $dm, text: hello, save: m1}"

    in_: Ref = _IN
    text: Text = Field(description="What it says, as it is sent; $$ stands for one dollar sign.")
    content_type: Text = Field("text", description="text, image or file.")
    id: Text = Field(None, description="A client_message_id of one's own; empty: none.")
    via: Via = Field("rest", description="By REST, or over the live line.")
    lose_response: Share = Field(0.0, description="How likely it is that the answer gets lost.")
    retry: Retry | None = Field(None, description="Try again when no answer comes.")


class Edit(Asking):
    """Change what a message says."""

    example: ClassVar[str] = "alice.edit: {message: $m1, text: hello again}"

    message: Ref = _MESSAGE
    text: Text = Field(description="What it says from now on.")


class Delete(Asking):
    """Delete a message, for everybody."""

    shorthand: ClassVar[str | None] = "message"
    example: ClassVar[str] = "alice.delete: $m1"

    message: Ref = _MESSAGE


class Typing(StepArgs):
    """Begin to type, or stop. Over the live line; what is refused comes as an `error` event."""

    shorthand: ClassVar[str | None] = "in_"
    example: ClassVar[str] = "alice.typing: $dm"

    in_: Ref = _IN
    is_: Flag = Field(True, alias="is", description="false: they stop.")


class Read(Asking):
    """Mark as read up to a message."""

    shorthand: ClassVar[str | None] = "in_"
    example: ClassVar[str] = "bob.read: {in: $dm, upto: $m1}"

    in_: Ref = _IN
    upto: Ref = Field(None, description="The message; left out: the newest.")
    via: Via = Field("rest", description="By REST, or over the live line.")


class Messages(Asking):
    """Read the history, newest first; with `after` oldest first."""

    shorthand: ClassVar[str | None] = "in_"
    example: ClassVar[str] = "bob.messages: {in: $dm, before: 20, limit: 10, save: page}"

    in_: Ref = _IN
    before: Whole = Field(None, description="Only older than this seq.")
    after: Whole = Field(None, description="Only newer than this seq.")
    limit: Whole = Field(None, description="How many, with before or after.")
    page: Whole = Field(None, description="Which page, from 1.")
    page_size: Whole = Field(None, description="How many on a page.")


class Conversations(Asking):
    """List one's conversations, the latest active first."""

    example: ClassVar[str] = "bob.conversations: {save: inbox}"

    page: Whole = Field(None, description="Which page, from 1.")
    page_size: Whole = Field(None, description="How many on a page.")


class Events(Asking):
    """Read the numbered events of a conversation, oldest first."""

    shorthand: ClassVar[str | None] = "in_"
    example: ClassVar[str] = "bob.events: {in: $dm, after: 0, save: missed}"

    in_: Ref = _IN
    after: Whole = Field(0, description="Only those after this seq.")
    limit: Whole = Field(None, description="How many at most.")


class Profile(Asking):
    """Change one's own profile."""

    example: ClassVar[str] = "alice.profile: {display_name: Alice B.}"

    display_name: Text = Field(None, description="The name that others see.")
    avatar_url: Text = Field(None, description="Where one's picture is.")


class Find(Asking):
    """Look for people by the start of their name."""

    shorthand: ClassVar[str | None] = "q"
    example: ClassVar[str] = "alice.find: {q: bo, save: found}"

    q: Text = Field(description="How the name begins.")


class Sessions(Asking):
    """List one's logins."""

    example: ClassVar[str] = "alice.sessions: {save: logins}"


class Revoke(Asking):
    """End a login of one's own: its lines close, its tokens hold no longer."""

    shorthand: ClassVar[str | None] = "session"
    example: ClassVar[str] = "bob.laptop.revoke: bob.phone"

    session: Text = Field(
        description="A device such as bob.phone, `others`, or the id of a session."
    )


class Login(Asking):
    """Log in anew: the device has tokens of a new session from then on."""

    example: ClassVar[str] = "bob.login: {}"

    password: Text = Field(None, description="Left out: the right one.")


class Logout(Asking):
    """Log out: the session ends, and its live lines with it."""

    example: ClassVar[str] = "bob.logout: {}"


class Refresh(Asking):
    """Get new tokens for the session; its line goes on with the old ones until they expire."""

    example: ClassVar[str] = "alice.refresh: {}"


def _at_this_server(path: str) -> str:
    # A whole URL would take the person's token to another server.
    if not is_reference(path) and (not path.startswith("/") or path.startswith("//")):
        raise ValueError("must begin with one slash: it is a path at this server")
    return path


class Request(Asking):
    """Ask the server anything by HTTP."""

    example: ClassVar[str] = (
        "alice.request: {path: /api/users/me, expect: {body: {username: $alice.username}}}"
    )

    method: Text = Field("GET", description="GET, POST, PATCH, DELETE …")
    path: Annotated[Text, AfterValidator(_at_this_server)] = Field(
        description="From the first slash on, with the query."
    )
    body: Any = Field(None, description="Sent as JSON.")
    raw: Text = Field(None, description="Sent as it stands, in place of `body`.")
    headers: dict[str, Any] = Field(
        default_factory=dict, description="On top of the usual; null leaves one out."
    )


TALKING: dict[str, type[StepArgs]] = {
    "dm": Dm,
    **GROUP_STEPS,
    "send": Send,
    "edit": Edit,
    "delete": Delete,
    "typing": Typing,
    "read": Read,
    "messages": Messages,
    "conversations": Conversations,
    "events": Events,
    "profile": Profile,
    "find": Find,
    "sessions": Sessions,
    "revoke": Revoke,
    "login": Login,
    "logout": Logout,
    "refresh": Refresh,
    "request": Request,
}
