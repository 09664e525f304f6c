"""What a trace does not tell, because it is secret, put in again."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.reports.trace import REDACTED

UNAUTHORIZED = 401
WRONG = "replay-wrong-on-purpose"


def with_secrets(play: Play, device: Device, body: Any, status: int | None) -> Any:
    """A request's body, with the password or token that it had. `status`: as it was answered
    then; one that was refused had a wrong one."""
    if not isinstance(body, Mapping):
        return body
    is_wrong = status == UNAUTHORIZED
    found = dict(body)
    if found.get("password") == REDACTED:
        found["password"] = WRONG if is_wrong else _password(play, found.get("username"))
    if found.get("refresh_token") == REDACTED:
        found["refresh_token"] = WRONG if is_wrong else device.login.refresh_token
    return found


def raw_with_secrets(play: Play, device: Device, body: Any, status: int | None) -> Any:
    """The same of a body that goes as it stands; only where something was blanked is it changed."""
    if not isinstance(body, str) or REDACTED not in body:
        return body
    try:
        value = json.loads(body)
    except ValueError:
        return body
    return json.dumps(with_secrets(play, device, value, status))


def headers_with_secrets(
    device: Device, headers: Mapping[str, str | None], status: int | None
) -> dict[str, str | None]:
    """The same of a request's own headers."""
    token = WRONG if status == UNAUTHORIZED else device.login.access_token
    return {
        name: f"Bearer {token}" if value == REDACTED else value for name, value in headers.items()
    }


def _password(play: Play, username: Any) -> str:
    for person in play.people.values():
        if person.username == username and person.password is not None:
            return person.password
    return secrets.token_urlsafe(18)
