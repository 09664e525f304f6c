"""What lies over the chat for a moment: the keys, and the question whom to write to."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from fynix_cli.errors import CommandError
from fynix_cli.output import visible

KEYS = (
    ("Enter", "send"),
    ("Ctrl+J", "a line break (or Alt+Enter)"),
    ("PgUp, PgDn", "scroll; older ones are loaded"),
    ("Esc", "to the newest, and the input"),
    ("Ctrl+N, Ctrl+↓", "next conversation"),
    ("Ctrl+↑", "previous conversation"),
    ("Ctrl+O", "open: write to somebody"),
    ("F2", "show or hide the list"),
    ("Tab", "input, list, history"),
    ("Ctrl+R", "send again what was not sent"),
    ("↑ in an empty input", "take back what was refused"),
    ("Ctrl+Q, Ctrl+C", "quit"),
    ("F1, Ctrl+P", "these keys"),
)
MARKS = (
    ("…", "on its way"),
    ("✓", "stored by the server"),
    ("✓✓", "read; in a group, by how many"),
    ("✗", "not sent, and why"),
)


class Help(ModalScreen[None]):
    """The keys. Any of Esc, F1, Ctrl+P, Enter and q closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,ctrl+p,enter,q", "dismiss", show=False)
    ]

    def compose(self) -> ComposeResult:
        table = Table.grid(padding=(0, 2))
        for key, meaning in (*KEYS, ("", ""), *MARKS):
            table.add_row(Text(key, Style(bold=True)), Text(meaning))
        with VerticalScroll(classes="overlay"):
            yield Static(table)


class OpenPrompt(ModalScreen[None]):
    """Asks for a name. `open_target` opens it, or raises CommandError, which is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, names: list[str], open_target: Callable[[str], Awaitable[None]]) -> None:
        super().__init__()
        self._names = names
        self._open_target = open_target

    def compose(self) -> ComposeResult:
        suggester = SuggestFromList(self._names, case_sensitive=False)
        with Vertical(classes="overlay"):
            yield Static("Write to (a username, a group or a conversation's id):", markup=False)
            yield Input(suggester=suggester, compact=True)
            yield Static("", id="problem", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        target = event.value.strip()
        if target:
            self.run_worker(self._open(target), exclusive=True)

    async def _open(self, target: str) -> None:
        problem = self.query_one("#problem", Static)
        problem.update("looking …")
        try:
            await self._open_target(target)
        except CommandError as error:
            problem.update(Text(visible(error.message), Style(color="red")))
        else:
            self.dismiss()
