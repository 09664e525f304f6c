"""The steps that a recorded scenario begins with: what was there before, as far as it is needed."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from fynix_cli.scenario.recording.selection import dm_opener, members_of
from fynix_cli.scenario.recording.tape import Happening, actor_of
from fynix_cli.scenario.recording.vocabulary import Vocabulary
from fynix_cli.scenario.recording.yaml_text import Said, step_line
from fynix_server.protocol.conversations import ConversationResponse
from fynix_server.protocol.frames import MessageDeleted, MessageRead, MessageUpdated, NewMessage

EARLIER = "from before the recording"


def opening_lines(
    words: Vocabulary,
    conversation: ConversationResponse,
    recorded: Sequence[UUID],
    about: list[Happening],
) -> Iterator[str]:
    """Open it, with its members, and with the earlier messages that `about` refers to."""
    members = members_of(conversation, recorded, about)
    name = words.call_conversation(conversation.id, is_group=conversation.is_group)
    if conversation.is_group:
        first, *others = members
        args = {"name": words.said(conversation.name or name), "with": _names(words, others)}
        if conversation.description:
            args["description"] = words.said(conversation.description)
        yield step_line(f"{words.people[first]}.group", {**args, "save": name})
        admins = {it.user_id for it in conversation.participants if it.role == "admin"}
        for user_id in others:
            if user_id in admins:
                args = {"in": words.ref(conversation.id), "who": words.people[user_id]}
                yield step_line(f"{words.people[first]}.role", {**args, "is": "admin"})
    else:
        first = dm_opener(members, recorded, about)
        other = next(it for it in members if it != first)
        args = {"with": words.people[other], "save": name}
        yield step_line(f"{words.people[first]}.dm", args)
    for message_id, sender in _earlier_messages(members, about):
        args = {"in": words.ref(conversation.id), "text": Said(EARLIER)}
        saved = {"save": words.call_message(message_id)}
        yield step_line(f"{words.people[sender]}.send", args | saved)


def _names(words: Vocabulary, people: Sequence[UUID]) -> list[str]:
    return [words.people[it] for it in people]


def _earlier_messages(members: Sequence[UUID], about: list[Happening]) -> list[tuple[UUID, UUID]]:
    """Messages that were sent before, each with who is to send it, in the order of their ids,
    which is that of their times."""
    sent = {it.frame.message.id for it in about if isinstance(it.frame, NewMessage)}
    readers = {it.frame.user_id for it in about if isinstance(it.frame, MessageRead)}
    senders: dict[UUID, UUID] = {}
    for it in about:
        frame, actor = it.frame, actor_of(it.frame)
        if isinstance(frame, MessageUpdated):
            senders[frame.message.id] = frame.message.sender_id
        elif isinstance(frame, MessageDeleted) and actor is not None:
            senders[frame.message_id] = actor
        elif isinstance(frame, MessageRead):
            # Whose it was no receipt says: not the reader's, for one, or it would be read already.
            others = sorted(
                (one for one in members if one != actor), key=lambda one: one in readers
            )
            senders.setdefault(frame.message_id, next(iter([*others, frame.user_id])))
    return sorted((it, sender) for it, sender in senders.items() if it not in sent)
