"""The input: Enter sends, and a message may have several lines."""

from textual import events
from textual.widgets import TextArea

from fynix_cli.chatting.shown_text import without_controls

NEW_LINE_KEYS = {"ctrl+j", "shift+enter", "alt+enter"}
"""Ctrl+J works everywhere; the others only where the terminal tells them from Enter."""
ACTIONS = {
    "enter": "app.send",
    "ctrl+n": "app.step(1)",
    "ctrl+down": "app.step(1)",
    "ctrl+up": "app.step(-1)",
    "ctrl+o": "app.ask_whom",
}
"""What acts on the text, or on whose it is, is done between the keys before and after it. The app's
own bindings come when the app gets to them: typed quickly, a text could go to somebody else."""


class Composer(TextArea):
    """What is being written."""

    def __init__(self) -> None:
        super().__init__(soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)

    async def _on_key(self, event: events.Key) -> None:
        action = ACTIONS.get(event.key)
        if event.key == "up" and not self.text:
            action = "app.take_back"
        if action is not None:
            self._take(event)
            await self.run_action(action)
        elif event.key in NEW_LINE_KEYS:
            self._take(event)
            self.insert("\n")

    async def _on_paste(self, event: events.Paste) -> None:
        self._take(event)
        # What is pasted may be anybody's, and the input is drawn as it stands.
        self.replace(without_controls(event.text.replace("\r", "\n")), *self.selection)
        self.scroll_cursor_visible()

    def _take(self, event: events.Key | events.Paste) -> None:
        event.stop()
        event.prevent_default()
