"""Roles and statuses of people, as the command line offers them."""

from enum import StrEnum


class Role(StrEnum):
    user = "user"
    moderator = "moderator"
    admin = "admin"


class Status(StrEnum):
    active = "active"
    suspended = "suspended"
    banned = "banned"
    erased = "erased"
