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
    "whom one has blocked": ("busy", "/api/blocks"),
    "one's conversations": ("busy", "/api/conversations?page_size=100"),
}
