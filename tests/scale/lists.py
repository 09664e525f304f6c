"""Every list and search of moderation, as somebody asks it: who, and which path."""

from tests.scale.population import BUSY, case, person

LISTS: dict[str, tuple[str, str]] = {
    "people by the beginning of their name": ("admin", "/api/admin/users?q=person-05"),
    "people with a role": ("admin", "/api/admin/users?role=moderator&limit=100"),
    "people who are banned": ("admin", "/api/admin/users?status=banned&limit=100"),
    "banned, from the middle on": (
        "admin",
        "/api/admin/users?status=banned&after=person-050000&limit=100",
    ),
    "banned moderators (nobody)": ("admin", "/api/admin/users?status=banned&role=moderator"),
    "one person, reported and blocked by many": ("admin", f"/api/admin/users/{person(BUSY)}"),
    "cases: the queue": ("admin", "/api/admin/cases?limit=100"),
    "cases: far down the queue": ("admin", f"/api/admin/cases?after={case(90_000)}&limit=100"),
    "cases about somebody reported often": (
        "admin",
        f"/api/admin/cases?user_id={person(BUSY)}&status=all&limit=100",
    ),
    "open cases about somebody reported often": (
        "admin",
        f"/api/admin/cases?user_id={person(BUSY)}&limit=100",
    ),
    "cases of a moderator (none)": ("admin", "/api/admin/cases?assigned_to=me"),
    "cases by somebody": ("admin", f"/api/admin/cases?reporter_id={person(BUSY)}&status=all"),
    "one case": ("admin", f"/api/admin/cases/{case(40)}"),
    "one's reports": ("busy", "/api/reports?limit=100"),
    "one's notices": ("busy", "/api/notices?limit=100"),
    "one's unread notices": ("busy", "/api/notices?unread=true&limit=100"),
    "the newest of the audit log": ("admin", "/api/admin/audit"),
    "the audit log, from the middle on": ("admin", "/api/admin/audit?before_seq=100000&limit=500"),
    "the audit log, oldest first": ("admin", "/api/admin/audit?after_seq=100000&limit=500"),
    "what was done to somebody": ("admin", f"/api/admin/audit?target={person(BUSY)}"),
    "what somebody did": ("admin", f"/api/admin/audit?actor={person(5_001)}"),
    "acts of a kind": ("admin", "/api/admin/audit?action=user.mute"),
    "acts of a kind that nobody did": ("admin", "/api/admin/audit?action=user.erase"),
    "acts that were refused": ("admin", "/api/admin/audit?outcome=refused"),
    "acts of long ago": ("admin", "/api/admin/audit?until=2026-01-01T13:00:00Z"),
    "acts since then": ("admin", "/api/admin/audit?since=2026-01-01T13:00:00Z"),
    "one entry of the audit log": ("admin", "/api/admin/audit/100000"),
    "whom one has blocked": ("busy", "/api/blocks"),
    "rules of the content filter": ("admin", "/api/admin/filter/rules?limit=100"),
    "what is held": ("admin", "/api/admin/held?limit=100"),
    "what is held by a rule (nothing)": ("admin", "/api/admin/held?rule=rare&limit=100"),
    "what is held of one": ("admin", f"/api/admin/held?sender_id={person(BUSY)}&limit=100"),
    "one's conversations": ("busy", "/api/conversations?page_size=100"),
}
