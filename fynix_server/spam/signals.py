"""What the score looks at: numbers of somebody's conduct, none of them a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    count: int
    of: int

    @property
    def rate(self) -> float:
        """From 0 to 1; 0 of none is 0."""
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """One person's conduct up to a moment. `gathering.py` has the spans and bounds of each."""

    account_age_seconds: float
    new_partners_last_hour: int
    """People whom they wrote to first, for the first time within the hour."""
    sent_last_hour: int
    alike_recipients: int
    """The most people who got the same text from them, or nearly the same, within 24 hours."""
    first_messages_with_links: Share
    """Of the first messages to people whom they wrote to first, in seven days."""
    reply_ratio: Share
    """Of the people whom they wrote to first in seven days, and who had an hour to answer, those
    who did."""
    blocks_received: int = 0
    reports_received: int = 0
