"""Of every column it is decided what an erasure does with it: a new one is missing here."""

import pytest
from sqlalchemy import Table

from fynix_server.tables import TABLES

GONE = "removed, with the row"
EMPTIED = "emptied, or replaced by a tombstone"
STAYS = "an id, a number, a time or a fixed word; or nobody's text"
OPEN = "removed with the row, but in an open case stays until that is closed"
THEIRS = "somebody else's row, or the server's own"

DECIDED: dict[str, dict[str, str]] = {
    "users": {
        "username display_name avatar_url password_hash role status status_until": EMPTIED,
        "accepts_new_dms": EMPTIED,
        "id status_changed_at created_at updated_at": STAYS,
    },
    "sessions": {
        "id user_id user_agent created_at last_used_at expires_at revoked_at": GONE,
    },
    "refresh_tokens": {"token_hash session_id created_at used_at": GONE},
    "conversations": {
        "name description": EMPTIED,
        "id is_group created_at updated_at last_message_at dm_key last_seq": STAYS,
        "message_count members_version frozen_at": STAYS,
    },
    "conversation_participants": {
        "muted_until": EMPTIED,
        "conversation_id user_id joined_at is_active last_read_message_id role": STAYS,
        "last_read_seq joined_seq left_seq left_at": STAYS,
    },
    "messages": {
        "content content_type is_deleted client_message_id edited_at": EMPTIED,
        "sent_digest hidden_because deleted_by": EMPTIED,
        "id conversation_id sender_id created_at updated_at seq": STAYS,
    },
    "message_receipts": {"message_id user_id read_at": GONE},
    "conversation_events": {
        "payload": EMPTIED,
        "conversation_id seq type actor_id message_id created_at": STAYS,
    },
    "blocks": {"blocker_id blocked_id created_at": GONE},
    "severed_readings": {
        "viewer_id reader_id conversation_id read_seq read_message_id": GONE,
    },
    "reports": {
        "comment outcome assigned_to": EMPTIED,
        "id reporter_id target_key target_user_id message_id conversation_id": STAYS,
        "reason status created_at updated_at closed_at": STAYS,
    },
    "report_evidence": {
        "report_id message_id seq sender_id content content_type created_at": OPEN,
        "edited_at is_deleted": OPEN,
    },
    "restrictions": {"user_id kind until set_by created_at": GONE},
    "notices": {"id user_id kind detail created_at read_at": GONE},
    "held_messages": {
        "message_id sender_id cause rules status created_at decided_at released_as": GONE,
    },
    "limit_overrides": {
        "user_id bucket max_count window_seconds until set_by created_at": GONE,
    },
    "spam_assessments": {
        "user_id score measure withheld reasons assessed_at claimed_at is_exempt": GONE,
    },
    "audit_log": {
        "details details_salt": EMPTIED,
        "seq at actor_kind actor_id action outcome target_kind target_id request_id": STAYS,
        "details_digest previous_hash hash": STAYS,
    },
    "audit_head": {"id seq hash": THEIRS},
    "retention_policies": {"scope conversation_id days set_by created_at": THEIRS},
    "legal_holds": {"kind subject_id set_by created_at": THEIRS},
    "purged_numbers": {"conversation_id last_seq first_seq is_event": STAYS},
    "cleanup_runs": {
        "id subject options cutoffs position removed batches": THEIRS,
        "started_by started_at updated_at finished_at": THEIRS,
    },
    "policy_state": {"id version": THEIRS},
    "content_rules": {
        "id name kind pattern verdict is_shadow is_enabled hits last_hit_at": THEIRS,
        "created_at updated_at": THEIRS,
    },
    "erasures": {
        "id user_id actor_kind actor_id audit_seq begun_at at_conversation_id at_seq": STAYS,
        "counts finished_at certificate certificate_hash": STAYS,
    },
}
"""By table the columns, in words, and what becomes of them where the row is of the erased."""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_becomes_of_a_column_is_decided(table: Table) -> None:
    name, columns = table.name, set(table.columns.keys())
    decided = [it for names in DECIDED.get(name, {}) for it in names.split()]

    assert set(decided) == columns, f"docs/admin/privacy.md says what to decide about {name}"
    assert len(decided) == len(set(decided))


def test_no_table_is_decided_about_that_is_not_there() -> None:
    assert DECIDED.keys() == {table.name for table in TABLES}
