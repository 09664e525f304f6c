"""What happens in the demo, in its order. Each step waits until the other side has seen it."""

from dataclasses import dataclass
from uuid import UUID

from fynix_cli.demo.person import Person
from fynix_cli.demo.stage import Stage
from fynix_cli.errors import CommandError
from fynix_cli.line_proxy import Proxy


@dataclass(frozen=True)
class Scene:
    """Who is there, where they talk, and bob's line."""

    stage: Stage
    alice: Person
    bob: Person
    conversation_id: UUID
    bobs_line: Proxy

    async def writes(self, writer: Person, reader: Person, text: str) -> None:
        """`writer` types for a while and sends; both of them see it."""
        await writer.type_in(self.conversation_id)
        await reader.until(lambda: reader.window.is_other_typing)
        await self.stage.typing_pause(text)
        await writer.say(self.conversation_id, text)
        await writer.sees(text)
        await reader.sees(text)

    async def reads(self, reader: Person, writer: Person, text: str) -> None:
        """`reader` reads up to the message of `text`; the writer sees that."""
        entry = await reader.sees(text)
        await reader.read(self.conversation_id, entry.message_id)
        await writer.until(lambda: writer.window.read_seq >= entry.seq)


async def play(scene: Scene) -> None:
    """Everything. Raises: CommandError (something did not happen)."""
    await _a_message(scene)
    await _a_line_that_drops(scene)
    await _an_edit_and_a_delete(scene)
    await _the_end(scene)


async def _a_message(scene: Scene) -> None:
    stage, alice, bob = scene.stage, scene.alice, scene.bob
    await stage.narrate("alice and bob are connected to the same server, each by a WebSocket.")
    await stage.narrate("alice types, and bob sees it; then she sends.")
    await scene.writes(alice, bob, "Lunch at noon? I know a place.")
    await stage.narrate("The message is stored first, then shown on both sides: one tick.")
    await scene.reads(bob, alice, "Lunch at noon? I know a place.")
    await stage.narrate("bob has read it: two ticks at alice's.")
    await scene.writes(bob, alice, "Yes! Where is it?")
    await scene.reads(alice, bob, "Yes! Where is it?")
    await stage.narrate("bob answers, and alice has read it.")


async def _a_line_that_drops(scene: Scene) -> None:
    stage, alice, bob = scene.stage, scene.alice, scene.bob
    scene.bobs_line.refuse()
    await bob.until(lambda: not bob.window.is_connected)
    await stage.narrate("bob's line drops. His client tries again by itself.")
    missed = ("Corner of Mill Street.", "They close at one.")
    for text in missed:
        await alice.say(scene.conversation_id, text)
        await alice.sees(text)
    if any(bob.window.entry_of(text) for text in missed):
        raise CommandError("bob got a message through a line that was cut")
    await stage.narrate("alice goes on writing. What she says is stored; bob misses it.")
    scene.bobs_line.go_on()
    for text in missed:
        await bob.sees(text)
    await bob.until(lambda: bob.window.is_connected)
    await stage.narrate("The line comes back: he gets what he missed, once and in order.")
    await scene.reads(bob, alice, missed[-1])


async def _an_edit_and_a_delete(scene: Scene) -> None:
    stage, alice, bob = scene.stage, scene.alice, scene.bob
    wrong = await alice.sees("They close at one.")
    corrected = "They close at two."
    await alice.rest.edit_message(scene.conversation_id, wrong.message_id, corrected)
    await bob.sees(corrected)
    await stage.narrate("alice corrects herself; the message changes on both sides.")
    await scene.writes(bob, alice, "Dear Ms Miller, as I said")
    mistake = await bob.sees("Dear Ms Miller, as I said")
    await stage.narrate("bob writes into the wrong window …")
    await bob.rest.delete_message(scene.conversation_id, mistake.message_id)
    await alice.until(lambda: any(it.is_deleted for it in alice.window.entries))
    await bob.until(lambda: any(it.is_deleted for it in bob.window.entries))
    await stage.narrate("… and deletes it; it is gone on both sides.")
    await scene.writes(bob, alice, "Sorry. See you at noon!")
    await scene.reads(alice, bob, "Sorry. See you at noon!")


async def _the_end(scene: Scene) -> None:
    """Compare both windows with one another, and with what is stored."""
    seen = [it.text for it in scene.alice.window.entries if not it.is_deleted]
    page = await scene.bob.rest.messages(scene.conversation_id)
    stored = [it.content for it in reversed(page.messages)]
    if not scene.alice.window.entries == scene.bob.window.entries or seen != stored:
        raise CommandError("alice and bob do not see the same")
    await scene.stage.narrate("Both see the same, and so does the database: nothing lost or twice.")
