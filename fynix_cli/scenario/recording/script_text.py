"""A recording as the text of a scenario file."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

from fynix_cli.scenario.recording.names import Names
from fynix_cli.scenario.recording.openings import opening_lines
from fynix_cli.scenario.recording.order import in_order
from fynix_cli.scenario.recording.selection import (
    conversation_of,
    dm_opener,
    members_of,
    playable,
)
from fynix_cli.scenario.recording.steps import StepWriter
from fynix_cli.scenario.recording.tape import Happening, Tape, actor_of, touched_by
from fynix_cli.scenario.recording.vocabulary import Vocabulary
from fynix_cli.scenario.recording.wordings import contents
from fynix_cli.scenario.recording.yaml_text import quoted, step_line
from fynix_server.protocol.frames import ConversationCreated, Typing

LEAST_WITHIN_SECONDS = 2
"""A second is long for an event, and short for a machine that does other things as well."""
GENEROSITY = 4
PAUSE_SHOWN_SECONDS = 5.0
MANY_REQUESTS = 20
"""Of one person: played in one go, more could meet a rate limit that a talk never met."""
STEPS_A_SECOND = 10
USUAL_TIMEOUT_SECONDS = 120


class Writing:
    """Writes one recording. `recorded`: whose events were watched."""

    def __init__(
        self, tape: Tape, recorded: Sequence[UUID], wording: Callable[[str], str] = str
    ) -> None:
        self._tape = tape
        self._recorded = recorded
        self.happenings = in_order(playable(tape))
        self._about: dict[UUID, list[Happening]] = defaultdict(list)
        for _, it in self.happenings:
            self._about[it.conversation_id].append(it)
        self._members = self._members_by_conversation()
        people = self._needed_people()
        names = Names()
        called = names.for_people(tape.usernames.get(it, "somebody") for it in people)
        self._words = Vocabulary(names, dict(zip(people, called, strict=True)), wording)
        said = contents([it for _, it in self.happenings])
        self._steps = StepWriter(self._words, said)

    @property
    def names(self) -> list[str]:
        """Of the recorded people, as the scenario calls them."""
        return [self._words.people[it] for it in self._recorded]

    def text(self) -> str:
        """The whole file; there must be a happening."""
        steps = [*self._opening_lines(), *self._step_lines()]
        head = [
            "# Recorded by `fynix scenario record`. Explained: fynix scenario steps",
            "fynix: 1",
            f"name: {quoted('Recorded: ' + ', '.join(self.names))}",
            "tags: [recorded]",
            *self._settings_lines(len(steps)),
            "actors:",
            *self._actor_lines(),
            "steps:",
        ]
        return "\n".join([*head, *steps]) + "\n"

    # ── who ──────────────────────────────────────────────────────────────────────────────────

    def _members_by_conversation(self) -> dict[UUID, list[UUID]]:
        return {
            conversation_id: members_of(
                conversation_of(self._tape, about[0]), self._recorded, about
            )
            for conversation_id, about in self._about.items()
        }

    def _needed_people(self) -> list[UUID]:
        """The recorded first, then whoever else is in it, as they come in."""
        found = dict.fromkeys(self._recorded)
        for conversation_id, about in self._about.items():
            found |= dict.fromkeys(self._members[conversation_id])
            for it in about:
                others = (actor_of(it.frame), touched_by(it.frame))
                found |= {one: None for one in others if one is not None}
        return list(found)

    def _actor_lines(self) -> Iterator[str]:
        typists = {it.frame.user_id for _, it in self.happenings if isinstance(it.frame, Typing)}
        for user_id, name in self._words.people.items():
            needs_line = user_id in typists or user_id in self._recorded
            yield f"  {name}: {{{'' if needs_line else 'connect: false'}}}"

    def _settings_lines(self, steps: int) -> Iterator[str]:
        busiest = Counter(actor_of(it.frame) for _, it in self.happenings).most_common(1)
        if busiest[0][1] > MANY_REQUESTS:
            yield "# What took its time when it was recorded is played without a pause."
            yield 'server: {settings: {rate_limits: "off"}}'
        if steps / STEPS_A_SECOND > USUAL_TIMEOUT_SECONDS:
            yield f"timeout: {math.ceil(steps / STEPS_A_SECOND)}s"

    # ── what ─────────────────────────────────────────────────────────────────────────────────

    def _opening_lines(self) -> Iterator[str]:
        for conversation_id, about in self._about.items():
            standing = self._tape.standing.get(conversation_id)
            if standing is None:
                continue
            self._steps.describe(conversation_id, standing.description)
            yield from opening_lines(self._words, standing, self._recorded, about)

    def _step_lines(self) -> Iterator[str]:
        lines = []
        for index, (moment, it) in enumerate(self.happenings):
            actor = self._actor(it)
            lines.append((moment, index, self._deed_line(it, actor)))
            for person_id, at in it.seen.items():
                if person_id != actor:
                    lines.append((max(moment, at), index, self._sight_line(it, person_id, at)))
        # Stable: of the same moment what was done comes first.
        lines.sort(key=lambda line: line[:2])
        before = lines[0][0]
        for moment, _, line in lines:
            if moment - before > PAUSE_SHOWN_SECONDS:
                yield f"  # {moment - before:.0f} s later"
            before = moment
            yield line

    def _actor(self, happening: Happening) -> UUID:
        actor = actor_of(happening.frame)
        if actor is not None:
            return actor
        conversation_id = happening.conversation_id
        return dm_opener(
            self._members[conversation_id], self._recorded, self._about[conversation_id]
        )

    def _deed_line(self, happening: Happening, actor: UUID) -> str:
        if not isinstance(happening.frame, ConversationCreated):
            verb, args = self._steps.deed(happening)
            return step_line(f"{self._words.people[actor]}.{verb}", args)
        conversation = happening.frame.conversation
        self._steps.describe(conversation.id, conversation.description)
        about = self._about[conversation.id]
        return "\n".join(opening_lines(self._words, conversation, self._recorded, about))

    def _sight_line(self, happening: Happening, person_id: UUID, at: float) -> str:
        within = max(LEAST_WITHIN_SECONDS, math.ceil((at - happening.at) * GENEROSITY))
        args = {**self._steps.sight(happening), "within": f"{within}s"}
        return step_line(f"{self._words.people[person_id]}.expect", args)
