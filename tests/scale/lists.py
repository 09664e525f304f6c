"""Every list and search of moderation, as somebody asks it: who, and which path."""

from tests.scale.population import BUSY, person

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
    "whom one has blocked": ("busy", "/api/blocks"),
    "one's conversations": ("busy", "/api/conversations?page_size=100"),
}
