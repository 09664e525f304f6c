"""Somebody quiet, and the worst that there is, to be changed a little at a time; and anybody."""

from hypothesis import strategies as st

from fynix_server.spam.signals import Share, Signals

DAY_SECONDS = 24 * 3600.0
QUIET = Signals(
    account_age_seconds=400 * DAY_SECONDS,
    new_partners_last_hour=0,
    sent_last_hour=10,
    alike_recipients=1,
    first_messages_with_links=Share(0, 2),
    reply_ratio=Share(2, 2),
)
"""Somebody who is there for a year, and writes to friends."""
WORST = Signals(
    account_age_seconds=60,
    new_partners_last_hour=300,
    sent_last_hour=500,
    alike_recipients=300,
    first_messages_with_links=Share(300, 300),
    reply_ratio=Share(0, 300),
    blocks_received=100,
    reports_received=100,
)

counts = st.integers(0, 60)


@st.composite
def shares(draw: st.DrawFn) -> Share:
    count = draw(counts)
    return Share(count, count + draw(counts))


some_signals = st.builds(
    Signals,
    account_age_seconds=st.floats(0, 10 * DAY_SECONDS),
    new_partners_last_hour=counts,
    sent_last_hour=st.integers(0, 600),
    alike_recipients=counts,
    first_messages_with_links=shares(),
    reply_ratio=shares(),
    blocks_received=st.integers(0, 20),
    reports_received=st.integers(0, 20),
)
