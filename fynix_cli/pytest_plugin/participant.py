"""What people in tests can do: the steps of scenarios, as methods."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fynix_cli.pytest_plugin.failures import BadArgument, Missed
from fynix_cli.pytest_plugin.somebody import Somebody
from fynix_cli.scenario.model.catalogue import PERSONAL, StepName
from fynix_cli.scenario.model.problems import Place, did_you_mean
from fynix_cli.scenario.model.script import Step
from fynix_cli.scenario.model.step_shapes import StepArgs
from fynix_cli.scenario.model.values import RESOLVED
from fynix_cli.scenario.model.wording import plain_problem
from fynix_cli.scenario.playing.failures import AssertionMissed
from fynix_cli.scenario.playing.outcome import Outcome, Status
from fynix_cli.scenario.playing.performing import HANDLERS
from fynix_cli.scenario.playing.person import Person
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.scope import Scope, Unresolved
from fynix_cli.scenario.reports.wording import explanation

Json = dict[str, Any]
Chat = Mapping[str, Any] | str
"""A conversation as the server told it, or its id."""
Message = Mapping[str, Any] | str
Expectation = Mapping[str, Any] | int | None
"""What an answer must be: a status, or {status: …, code: …, body: …}; None: a success."""

SECONDS = 5.0
_ANSWER = "answer"


class Participant(Somebody):
    """Somebody at one of their devices. For the loop that their server was opened on.

    Every method raises: Missed, CommandError (it cannot be done), BadArgument.
    """

    def __init__(self, play: Play, person: Person, device: str | None = None) -> None:
        super().__init__(person, device)
        self._play = play

    async def dm(self, whom: Somebody, *, expect: Expectation = None) -> Json:
        """The conversation with somebody, which is made if there is none."""
        return _as_json(await self.do("dm", with_=whom, expect=expect))

    async def group(self, name: str, *others: Somebody, expect: Expectation = None) -> Json:
        """A new group, with `others` in it."""
        return _as_json(await self.do("group", name=name, with_=list(others), expect=expect))

    async def send(self, chat: Chat, text: str, *, expect: Expectation = None) -> Json:
        """Send a message; as the server has stored it, or the refusal that was expected."""
        return _as_json(await self.do("send", in_=chat, text=text, expect=expect))

    async def edit(self, message: Message, text: str, *, expect: Expectation = None) -> Json:
        """Change what a message says."""
        return _as_json(await self.do("edit", message=message, text=text, expect=expect))

    async def delete(self, message: Message, *, expect: Expectation = None) -> None:
        """Delete a message, for everybody."""
        await self.do("delete", message=message, expect=expect)

    async def read(
        self, chat: Chat, upto: Message | None = None, *, expect: Expectation = None
    ) -> Json:
        """Mark as read up to a message; None: to the newest."""
        return _as_json(await self.do("read", in_=chat, upto=upto, expect=expect))

    async def messages(
        self, chat: Chat, *, before: int | None = None, after: int | None = None
    ) -> list[Json]:
        """A page of the history, newest first; older than the seq `before`; newer than `after`,
        and then oldest first."""
        page = await self.do("messages", in_=chat, before=before, after=after)
        found: list[Json] = page["messages"]
        return found

    async def conversations(self) -> list[Json]:
        """The first page of one's conversations, the latest active first."""
        page = await self.do("conversations")
        found: list[Json] = page["conversations"]
        return found

    async def unread(self, chat: Chat) -> int:
        """How many messages there are still to read."""
        of = chat if isinstance(chat, str) else chat["id"]
        return int((await self.request("GET", f"/api/conversations/{of}"))["unread_count"])

    async def typing(self, chat: Chat, *, is_typing: bool = True) -> None:
        """Begin to type, or stop."""
        await self.do("typing", in_=chat, is_=is_typing)

    async def request(
        self, method: str, path: str, body: Any = None, *, expect: Expectation = None
    ) -> Any:
        """Ask the server anything; the answer's body."""
        return await self.do("request", method=method, path=path, body=body, expect=expect)

    async def expect(
        self, event: str, *, where: Mapping[str, Any] | None = None, within: float = SECONDS
    ) -> Json:
        """The first live event like this that has not been looked at yet; waited for, up to
        `within` seconds. `where`: by dotted path, a value or a matcher such as {"gt": 3}."""
        return _as_json(await self.do("expect", event=event, where=where, within=within))

    async def expect_all(
        self,
        event: str,
        count: int,
        *,
        where: Mapping[str, Any] | None = None,
        within: float = SECONDS,
    ) -> list[Json]:
        """So many live events like this, and no more."""
        found: list[Json] = await self.do(
            "expect", event=event, count=count, where=where, within=within
        )
        return found

    async def expect_none(
        self,
        event: str | None = None,
        *,
        where: Mapping[str, Any] | None = None,
        within: float = SECONDS,
    ) -> None:
        """That none like this has come or is on its way. Waits for no time to pass: all that the
        server had to say is let through first, for which `within` is the longest."""
        await self.do("expect_none", event=event, where=where, within=within)

    async def disconnect(self) -> None:
        """Close the live line."""
        await self.do("disconnect")

    async def reconnect(self) -> None:
        """Open it anew, and have what was missed sent after."""
        await self.do("reconnect")

    async def break_line(self, fault: str = "drop", *, seconds: float | None = None) -> None:
        """Break the live line, for so long or until `heal`; of people made with
        `is_breakable=True`. `fault`: drop, half_open, slow_reader, latency or lose_response."""
        await self.do("fault", type=fault, for_=seconds)

    async def heal(self) -> None:
        """End the faults of the line."""
        await self.do("heal")

    async def do(self, step: str, /, **fields: Any) -> Any:
        """Any step of a person, with its fields (`fynix scenario steps` lists them); `in`, `with`
        and `for` are written `in_`, `with_` and `for_`. What it would save, None: nothing."""
        shape = PERSONAL.get(step)
        if shape is None:
            hint = did_you_mean(step, PERSONAL)
            raise BadArgument(f"there is no step {step!r}" + (f"; {hint}" if hint else ""))
        written = f"{self.name}.{step}"
        args = _args(shape, written, fields)
        name = StepName(step, self.name, self.device_name)
        scope = Scope({})
        try:
            place = Place(Path("a test"), 1, 1)
            await HANDLERS[step](self._play, Step(name, written, step, place, args), args, scope)
        except AssertionMissed as missed:
            raise Missed(_explained(self._play, missed)) from None
        try:
            return scope.look_up(_ANSWER)
        except Unresolved:
            return None

    def at(self, device: str) -> "Participant":
        """The same person at another of their devices. Raises: BadArgument."""
        if device not in self.person.devices:
            hint = did_you_mean(device, self.person.devices)
            raise BadArgument(f"{self.name} has no device {device!r}; {hint}")
        return Participant(self._play, self.person, device)


def _args(shape: type[StepArgs], written: str, fields: Mapping[str, Any]) -> StepArgs:
    given = {name: _plain(value) for name, value in fields.items() if value is not None}
    if "save" in shape.model_fields:
        given["save"] = _ANSWER
    try:
        return shape.model_validate(given, context=RESOLVED)
    except ValidationError as error:
        raise BadArgument(f"{written}: {plain_problem(error)}") from None


def _plain(value: Any) -> Any:
    """People by their names, as steps have them."""
    if isinstance(value, Somebody):
        return value.name
    if isinstance(value, list | tuple):
        return [_plain(it) for it in value]
    return value


def _as_json(answer: Any) -> Json:
    # A refusal has a body, too; an answer that was lost on purpose has none.
    return answer if isinstance(answer, dict) else {}


def _explained(play: Play, missed: AssertionMissed) -> str:
    """As the CLI tells it of a scenario."""
    outcome = Outcome(
        key="",
        file="",
        title="",
        stack="",
        status=Status.failed,
        seconds=0.0,
        text=missed.text,
        step="",
        evidence=missed.evidence,
        tails={
            f"{device.owner}.{device.name}": [it.frame for it in device.buffer.arrivals]
            for person in play.people.values()
            for device in person.devices.values()
        },
        server_log=play.world.last_log_lines(),
    )
    return "\n".join(explanation(outcome))
