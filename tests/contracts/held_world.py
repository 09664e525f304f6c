"""What waits for a moderator, and rules to import."""

import json

from tests.held_messages.scene import hold_all_of
from tests.people import Api


async def held_world(api: Api) -> dict[str, str]:
    """Two messages of erin wait, of which `held` is one; `rules` is a file of one rule."""
    erin, frank = await api.people("erin", "frank")
    dm = await erin.dm(frank)
    await hold_all_of(api, erin)
    held, _ = [(await erin.send(dm, text)).json()["id"] for text in ("one", "two")]
    rule = {"name": "poker", "kind": "word", "pattern": "poker", "verdict": "mask"}
    rules = api.resources.settings.data_dir / "rules.jsonl"
    rules.write_text(json.dumps(rule))
    return {"held": held, "rules": str(rules)}
