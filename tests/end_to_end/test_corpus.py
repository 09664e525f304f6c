"""Real conversations in many languages, by REST and by WebSocket, code point by code point."""

from fynix_server.maintenance.corpus import load_languages
from tests.people import Api

RIGHT_TO_LEFT = {"hebrew", "persian", "urdu"}
LINES_OF_EACH_LANGUAGE = 6
EMOJI = (
    "👩‍💻 writes to 👨‍👩‍👧‍👦",
    "🏳️‍🌈 and 🇺🇳, skin 👍🏽, keycap 1️⃣",
    "שלום 👋 مرحبا 🌍 mixed, \u202bmarked\u202c",
    "e\u0301 stays two code points, \u00e9 stays one",
    "\U0001f9d1\u200d\U0001f680\ufe0f joined and varied",
)


def _spoken() -> dict[str, list[str]]:
    """Some lines of every language, the longest first since they hold the most."""
    spoken = {"emoji": list(EMOJI)}
    for language in load_languages(seed=1):
        lines = {line for exchange in language.exchanges for line in exchange}
        longest_first = sorted(lines, key=lambda line: (-len(line), line))
        spoken[language.name] = longest_first[:LINES_OF_EACH_LANGUAGE]
    return spoken


async def test_conversations_of_many_languages_arrive_code_point_by_code_point(
    unlimited: Api,
) -> None:
    spoken = _spoken()
    assert len(spoken) > 20
    assert spoken.keys() >= RIGHT_TO_LEFT
    alice, bob = await unlimited.people("alice", "bob")
    dm = await alice.dm(bob)
    alices, bobs = await alice.live(), await bob.live()

    sent = [line for lines in spoken.values() for line in lines]
    for number, line in enumerate(sent):
        # By turns over REST and over the socket; both are the same service.
        if number % 2:
            answer = await alice.send(dm, line)
            assert answer.json()["content"] == line
        else:
            await alices.send(
                type="send_message", ref=str(number), conversation_id=dm, content=line
            )
            ack = await alices.expect("ack", ref=str(number))
            assert ack["message"]["content"] == line

    heard = [it["message"]["content"] for it in await bobs.expect_count("new_message", len(sent))]
    listed: list[str] = []
    before: dict[str, int] = {}
    while page := await bob.messages(dm, page_size=100, **before):
        listed += [it["content"] for it in page]
        before = {"before_seq": page[-1]["seq"]}
    assert heard == sent
    assert listed[::-1] == sent
    assert [list(map(ord, it)) for it in heard] == [list(map(ord, it)) for it in sent]
