"""The watch: one task of the instance, which judges people who are worth it, some a second."""

import asyncio
from datetime import datetime, timedelta

import structlog

from fynix_server.errors import NotFound, Unavailable
from fynix_server.resources import Resources
from fynix_server.spam import assessment_queries, complaint_queries
from fynix_server.spam.assessing import assess
from fynix_server.spam.settling import settle, take_effect
from fynix_server.spam.suspects import Suspect

LOOK_SECONDS = 5.0
"""How often complaints are looked for, and how long the database is left alone after it failed."""
LOOK_BACK = timedelta(seconds=60)
"""Longer than transactions last and than what clocks of instances may differ by."""
PAUSE_SECONDS = 0.1
"""After each judgement: so ten a second at most, which cost a twentieth of a core."""
COOL_DOWN = timedelta(seconds=60)
"""Between two judgements of one person, unless somebody complains of them."""
log = structlog.get_logger(__name__)


class SpamWatch:
    """Takes suspects as this instance notes them, and finds complaints that any has stored."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._suspects = resources.suspects
        self._looked_at = resources.clock()
        self._look_at = self._looked_at
        self._is_well = True

    async def run(self) -> None:
        """Judge whoever is due, for the life of the instance."""
        if self._resources.settings.spam == "off":
            return
        while True:
            try:
                is_done = await self._step()
                self._is_well = True
            except Unavailable:
                is_done = True
                if self._is_well:
                    log.warning("spam_watch_skipped", reason="the database does not answer")
                self._is_well = False
            if not self._is_well:
                await asyncio.sleep(LOOK_SECONDS)
            elif is_done:
                await self._suspects.wait(LOOK_SECONDS)
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _step(self) -> bool:
        """Look for complaints if it is time, and judge one person; whether nobody was due."""
        now = self._resources.clock()
        if now >= self._look_at:
            await self._look(now)
        suspect = self._suspects.take(now)
        if suspect is None:
            return True
        try:
            await self._judge(suspect)
        except Unavailable:
            # They may count as judged already: a later time says that this was not enough.
            self._suspects.put_back(suspect._replace(after=self._resources.clock()))
            raise
        return False

    async def _look(self, now: datetime) -> None:
        # Back to the last look that worked: the database may have been away for long.
        since = min(now, self._looked_at) - LOOK_BACK
        async with self._resources.database.read() as connection:
            found = await complaint_queries.complaints_not_looked_at(connection, since)
        for complaint in found:
            self._suspects.note_complaint(complaint.user_id, complaint.at)
        self._looked_at = now
        self._look_at = now + timedelta(seconds=LOOK_SECONDS)

    async def _judge(self, suspect: Suspect) -> None:
        resources = self._resources
        now = resources.clock()
        if not await self._claim(suspect, now):
            return
        try:
            assessed = await assess(resources.database, suspect.user_id, now)
            async with resources.database.write() as connection:
                settled = await settle(connection, resources.settings, assessed)
        except NotFound:  # erased meanwhile
            return
        await take_effect(resources, settled)

    async def _claim(self, suspect: Suspect, now: datetime) -> bool:
        """Whether this instance is to judge them, now."""
        queries, user_id = assessment_queries, suspect.user_id
        rested = suspect.after if suspect.is_urgent else min(suspect.after, now - COOL_DOWN)
        async with self._resources.database.write() as connection:
            if await queries.find_person(connection, user_id) is None:
                return False  # erased: nothing may be stored of them again
            if await queries.claim(connection, user_id, rested, now):
                return True
            claimed_at = await queries.claimed_at(connection, user_id)
        if claimed_at is not None and claimed_at <= suspect.after:
            # Judged too lately to be judged again, and too early to have seen all of it.
            self._suspects.let_rest(user_id, claimed_at + COOL_DOWN)
        return False
