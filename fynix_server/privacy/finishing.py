"""The end of an erasure: the name goes, the files are scrubbed, and the certificate is written."""

import contextlib
import json
from uuid import UUID

from fynix_server.database import scrubbing
from fynix_server.privacy import queries
from fynix_server.privacy.certificate import certified
from fynix_server.privacy.pacing import Erasing
from fynix_server.privacy.queries import Counts
from fynix_server.privacy.tombstones import DISPLAY_NAME, USERNAME_PREFIX
from fynix_server.protocol.privacy import FORMAT_VERSION, ErasureCertificate, KeptRows
from fynix_server.rate_limit import BUCKETS
from fynix_server.redis_client import REDIS_ERRORS
from fynix_server.resources import Resources


async def finish(erasing: Erasing, *, wants_vacuum: bool) -> ErasureCertificate:
    """All else is gone: now the name, by which the erasure could be asked for again."""
    await _take_name(erasing)
    is_vacuumed = is_log_emptied = None
    if erasing.resources.database.is_sqlite:
        settings = erasing.resources.settings
        is_vacuumed = await scrubbing.vacuum(settings, is_wanted=wants_vacuum)
        is_log_emptied = await scrubbing.empty_log(settings)
    return await _certify(erasing, is_log_emptied, is_vacuumed)


async def _take_name(erasing: Erasing) -> None:
    counts: Counts = {}
    async with erasing.transaction(counts) as connection:
        user = await queries.lock_user(connection, erasing.user_id)
        if user.username.startswith(USERNAME_PREFIX):
            return
        await queries.change_user(
            connection,
            erasing.user_id,
            username=erasing.username,
            display_name=DISPLAY_NAME,
            updated_at=erasing.resources.clock(),
        )
        counts["users"] = 1
    await _forget_in_redis(erasing.resources, erasing.user_id, user.username)


async def _forget_in_redis(resources: Resources, user_id: UUID, username: str) -> None:
    """What a Redis that is away still holds ends with its window; tickets end after 30 s."""
    keys = [f"rate_limit:{bucket}:{user_id}" for bucket in BUCKETS]
    with contextlib.suppress(*REDIS_ERRORS):
        await resources.redis.delete(*keys, f"rate_limit:login:name:{username}")


async def _certify(
    erasing: Erasing, is_log_emptied: bool | None, is_vacuumed: bool | None
) -> ErasureCertificate:
    now = erasing.resources.clock()
    async with erasing.transaction({}) as connection:
        kept = await queries.kept_rows(connection, erasing.user_id)
        row = await queries.find_erasure(connection, erasing.user_id)
        assert row is not None  # noqa: S101 - the transaction has counted in it
        certificate = certified(
            {
                "format_version": FORMAT_VERSION,
                "erasure_id": row.id,
                "user_id": row.user_id,
                "actor_kind": row.actor_kind,
                "actor_id": row.actor_id,
                "audit_seq": row.audit_seq,
                "begun_at": row.begun_at,
                "finished_at": now,
                "counts": json.loads(row.counts),
                "kept": [
                    KeptRows(table=table, rows=rows, why=why) for (table, why), rows in kept.items()
                ],
                "database": connection.dialect.name,
                "is_log_emptied": is_log_emptied,
                "is_vacuumed": is_vacuumed,
            }
        )
        await queries.change_erasure(
            connection,
            erasing.user_id,
            finished_at=now,
            certificate=certificate.model_dump_json(),
            certificate_hash=certificate.hash,
        )
    return certificate
