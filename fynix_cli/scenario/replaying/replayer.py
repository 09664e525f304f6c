"""Doing again what a trace says was done, in its order, and comparing what comes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from fynix_cli.scenario.model.step_shapes import CLOSED
from fynix_cli.scenario.model.watching_steps import Fault, Heal
from fynix_cli.scenario.playing.calls import Answer, Call
from fynix_cli.scenario.playing.device import Device
from fynix_cli.scenario.playing.failures import CannotPlay, NoAnswer
from fynix_cli.scenario.playing.greeting import be_greeted, resume
from fynix_cli.scenario.playing.live_line import LineRefused
from fynix_cli.scenario.playing.play import Play
from fynix_cli.scenario.playing.steps import faults
from fynix_cli.scenario.replaying.arrivals import is_awaited, is_the_same, told
from fynix_cli.scenario.replaying.comparing import differences
from fynix_cli.scenario.replaying.fault_steps import fault_step
from fynix_cli.scenario.replaying.identities import Identities
from fynix_cli.scenario.replaying.secrets import (
    WRONG,
    headers_with_secrets,
    raw_with_secrets,
    with_secrets,
)
from fynix_cli.scenario.replaying.trace_reading import Trace, TraceEntry

MOST_DIFFERENCES = 10
"""After so many the rest says nothing new."""
_LOGINS = ("/api/auth/login", "/api/auth/refresh")


@dataclass(frozen=True)
class Difference:
    """`line`: of the trace."""

    line: int
    text: str


@dataclass(frozen=True)
class Manner:
    """`speed`: as many times as quick as it was, None: without a pause; `within`: how many seconds
    an answer or a frame may take; `is_strict`: what they hold is compared as well."""

    speed: float | None
    within: float
    is_strict: bool


class Replayer:
    """Goes through one trace."""

    def __init__(self, play: Play, trace: Trace, manner: Manner) -> None:
        self.differences: list[Difference] = []
        self.requests = 0
        self.frames = 0
        self._play = play
        self._trace = trace
        self._manner = manner
        self._ids = Identities()
        self._asked: dict[int, asyncio.Task[Answer]] = {}
        self._requests = {it.data["call"]: it for it in trace.of_kind("request")}
        self._statuses = {it.data["call"]: it.data["status"] for it in trace.of_kind("answer")}
        self._waiting: list[TraceEntry] = []
        self._doing: dict[str, Callable[[TraceEntry], Awaitable[None]]] = {
            "request": self._ask,
            "sent": self._send,
            "line": self._change_line,
            "fault": self._break,
        }

    async def run(self) -> None:
        """Everybody must have joined. Raises: CannotPlay, CommandError."""
        self._learn_people()
        began = asyncio.get_running_loop().time()
        first = self._trace.entries[0].at
        try:
            for entry in self._trace.entries:
                if self._manner.speed is not None and entry.kind in self._doing:
                    await _until(began + (entry.at - first) / self._manner.speed)
                await self._pass(entry)
                if len(self.differences) >= MOST_DIFFERENCES:
                    return
            await self._await_arrivals()
        finally:
            await self._end_what_is_asked()

    def _learn_people(self) -> None:
        for entry in self._trace.of_kind("joined"):
            person = self._play.person(str(entry.actor))
            self._ids.learn(entry.data["user_id"], person.user_id)
            self._ids.learn_text(entry.data["username"], person.username)
            for name, session_id in entry.data["sessions"].items():
                if session_id is not None:
                    self._ids.learn(session_id, str(person.device(name).login.session_id))

    async def _pass(self, entry: TraceEntry) -> None:
        if entry.kind == "answer":
            # Before what arrived beside it: it says what the new ids are.
            await self._compare_answer(entry)
        elif entry.kind == "arrived":
            if is_awaited(entry.data["frame"]):
                self._waiting.append(entry)
        elif entry.kind in self._doing:
            # What was there before something was done must be there before it is done again.
            await self._await_arrivals()
            await self._doing[entry.kind](entry)

    def _device(self, entry: TraceEntry) -> Device:
        return self._play.person(str(entry.actor)).device(entry.device)

    def _differs(self, entry: TraceEntry, text: str) -> None:
        self.differences.append(Difference(entry.line, f"{entry.who} {text}"))

    # ── requests ─────────────────────────────────────────────────────────────────────────────

    async def _ask(self, entry: TraceEntry) -> None:
        device, data = self._device(entry), entry.data
        status = self._statuses.get(data["call"])
        body = self._ids.translated(data.get("body"))
        is_raw = bool(data.get("is_raw"))
        headers = self._ids.translated(data.get("headers") or {})
        call = Call(
            data["method"],
            self._ids.translated(data["path"]),
            None if is_raw else with_secrets(self._play, device, body, status),
            raw_with_secrets(self._play, device, body, status) if is_raw else None,
            headers_with_secrets(device, headers, status),
        )
        self.requests += 1
        asking = self._play.ask(device, call, self._manner.within)
        self._asked[data["call"]] = asyncio.create_task(asking)

    async def _compare_answer(self, entry: TraceEntry) -> None:
        asked = self._asked.pop(entry.data["call"], None)
        if asked is None:
            raise CannotPlay(f"{self._trace.file}:{entry.line}: an answer to nothing")
        device = self._device(entry)
        try:
            answer = await asked
        except NoAnswer as error:
            self._differs(entry, f"{error}; it was {entry.data['status']}")
            return
        self._ids.learn_from(entry.data.get("body"), answer.body)
        self._compare(entry, answer)
        # A device that logged in goes on with what it got.
        if answer.is_success and _is_login(answer.body) and self._is_own_login(entry):
            device.take_tokens(answer.body)

    def _is_own_login(self, entry: TraceEntry) -> bool:
        asked = self._requests.get(entry.data["call"])
        return asked is not None and asked.data["path"] in _LOGINS

    def _compare(self, entry: TraceEntry, answer: Answer) -> None:
        then = entry.data.get("body")
        code = then.get("code") if isinstance(then, dict) else None
        if (entry.data["status"], code) != (answer.status, answer.code):
            was = f"{entry.data['status']} {code or ''}".rstrip()
            now = f"{answer.status} {answer.code or ''}".rstrip()
            self._differs(entry, f"{self._asked_for(entry)} was answered {was}, and now {now}")
        elif self._manner.is_strict:
            for text in differences(then, answer.body, self._ids):
                self._differs(entry, f"{self._asked_for(entry)}: {text}")

    def _asked_for(self, entry: TraceEntry) -> str:
        asked = self._requests.get(entry.data["call"])
        return "a request" if asked is None else asked.text

    async def _end_what_is_asked(self) -> None:
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    # ── frames ───────────────────────────────────────────────────────────────────────────────

    async def _send(self, entry: TraceEntry) -> None:
        self.frames += 1
        raw = entry.data.get("raw")
        device = self._device(entry)
        if raw is not None:
            await device.send(self._ids.translated(raw))
        else:
            await self._play.send_frame(device, self._ids.translated(entry.data["frame"]))

    async def _await_arrivals(self) -> None:
        waiting, self._waiting = self._waiting, []
        for entry in waiting:
            then: dict[str, Any] = entry.data["frame"]
            is_wanted = partial(is_the_same, then, ids=self._ids)
            found = await self._device(entry).buffer.take(is_wanted, 1, self._manner.within)
            if not found:
                self._differs(entry, f"got no {told(then)} within {self._manner.within:g} s")
                if len(self.differences) >= MOST_DIFFERENCES:
                    return
                continue
            self._ids.learn_from(then, found[0].frame)
            if self._manner.is_strict and then.get("type") != CLOSED:
                for text in differences(then, found[0].frame, self._ids):
                    self._differs(entry, f"{told(then)}: {text}")

    # ── lines and faults ─────────────────────────────────────────────────────────────────────

    async def _change_line(self, entry: TraceEntry) -> None:
        device = self._device(entry)
        if entry.text == "disconnected":
            await device.disconnect()
        elif entry.text == "resume":
            cursors = self._ids.translated(entry.data["cursors"])
            await resume(device, cursors, self._manner.within)
        elif entry.text in ("connected", "connected again", "connected, to be closed", "refused"):
            await self._connect(entry, device)

    async def _connect(self, entry: TraceEntry, device: Device) -> None:
        is_plain, was_refused = bool(entry.data.get("is_plain")), entry.text == "refused"
        is_closed_at_once = entry.text.endswith("closed")
        has_token = bool(entry.data.get("has_token"))
        token = WRONG if has_token and (was_refused or is_closed_at_once) else None
        is_retried = entry.text == "connected again"
        try:
            await device.connect(
                self._manner.within, is_plain=is_plain, token=token, is_retried=is_retried
            )
        except LineRefused as refused:
            if not was_refused:
                self._differs(entry, f"cannot connect any more: {refused}")
            return
        if was_refused:
            self._differs(entry, "was refused a line, and now gets one")
        elif is_plain:
            await device.flush(self._manner.within)
        elif not is_closed_at_once:
            await be_greeted(device, self._manner.within)

    async def _break(self, entry: TraceEntry) -> None:
        data = entry.data
        if "by" in data:
            await self._play.world.advance(float(data["by"]))
        elif "fault" in data or "is_healed" in data:
            step = fault_step(self._trace.file, entry)
            if isinstance(step.args, Fault):
                await faults.break_(self._play, step, step.args, self._play.scope)
            elif isinstance(step.args, Heal):
                await faults.heal(self._play, step, step.args, self._play.scope)


def _is_login(body: Any) -> bool:
    return isinstance(body, dict) and "access_token" in body


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))
