"""What somebody wrote to whom, and the signals that it makes."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fynix_server.spam.signals import Share, Signals
from fynix_server.spam.similarity import Comparable, comparable, most_alike

PACE_SPAN = timedelta(hours=1)
TEXTS_SPAN = timedelta(hours=24)
OPENINGS_SPAN = timedelta(days=7)
TIME_TO_ANSWER = timedelta(hours=1)
"""Who got a first message more lately than this has not ignored it yet."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of theirs. A group is one `recipient`, however many read it there."""

    recipient: Hashable
    at: datetime
    content: str


@dataclass(frozen=True, slots=True)
class Opening:
    """The first message of a conversation of two, written by them.

    `is_hidden`: nobody else was shown it, such as what is held.
    """

    at: datetime
    content: str
    is_answered: bool
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Conduct:
    """`sent` within TEXTS_SPAN, `openings` within OPENINGS_SPAN, each as far as it is read."""

    account_created_at: datetime
    sent: Sequence[Sent]
    openings: Sequence[Opening]


@dataclass(frozen=True, slots=True)
class Complaints:
    """People whom they wrote to in the last 30 days, and who block or report them.

    People, not acts: who reports twice is one. Nor may strangers count whom they never wrote to,
    or a mob could make anybody look like a spammer; nor the blocks of a long life.
    """

    blocks: int = 0
    reports: int = 0


def signals_of(conduct: Conduct, complaints: Complaints, now: datetime) -> Signals:
    """The signals as of `now`. Compares up to 500 texts: call it outside the event loop."""
    hour_ago, openings = now - PACE_SPAN, conduct.openings
    contents = {it.content for it in conduct.sent} | {it.content for it in openings}
    texts = {content: comparable(content) for content in contents}
    # Who was shown nothing has not kept silent: else a hold would be a reason for the next.
    could_answer = [it for it in openings if it.is_answered or not it.is_hidden]
    had_time = [it for it in could_answer if it.at <= now - TIME_TO_ANSWER]
    return Signals(
        account_age_seconds=max(0.0, (now - conduct.account_created_at).total_seconds()),
        new_partners_last_hour=sum(it.at > hour_ago for it in openings),
        sent_last_hour=sum(it.at > hour_ago for it in conduct.sent),
        alike_recipients=_alike_recipients(conduct.sent, texts),
        first_messages_with_links=Share(
            sum(texts[it.content].has_link for it in openings), len(openings)
        ),
        reply_ratio=Share(sum(it.is_answered for it in had_time), len(had_time)),
        blocks_received=complaints.blocks,
        reports_received=complaints.reports,
    )


def _alike_recipients(sent: Collection[Sent], texts: Mapping[str, Comparable]) -> int:
    recipients: dict[str, set[Hashable]] = defaultdict(set)
    for message in sent:
        text = texts[message.content]
        if text.is_telling:
            recipients[text.words].add(message.recipient)
    return most_alike(recipients)
