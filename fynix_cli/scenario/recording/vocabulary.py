"""What people, conversations and messages are called in a recorded scenario."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from fynix_cli.scenario.recording.names import Names
from fynix_cli.scenario.recording.yaml_text import Said


@dataclass
class Vocabulary:
    """`people`: names of actors by the id of the account; `wording`: what becomes of a text."""

    names: Names
    people: Mapping[UUID, str]
    wording: Callable[[str], str]
    _things: dict[UUID, str] = field(default_factory=dict)
    _messages: int = 0

    def call_conversation(self, conversation_id: UUID, *, is_group: bool) -> str:
        """Give it a name, for `save`."""
        name = self.names.for_thing("group" if is_group else "dm")
        self._things[conversation_id] = name
        return name

    def call_message(self, message_id: UUID) -> str:
        """The same of a message."""
        self._messages += 1
        self._things[message_id] = self.names.for_message(self._messages)
        return self._things[message_id]

    def knows(self, thing_id: UUID) -> bool:
        return thing_id in self._things

    def ref(self, thing_id: UUID) -> str:
        """A conversation or a message that was named, as a variable: `$dm`."""
        return f"${self._things[thing_id]}"

    def said(self, text: str) -> Said:
        return Said(self.wording(text))
