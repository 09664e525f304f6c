"""The cache of members: only for the version asked for, and bounded."""

from uuid import uuid4

from fynix_server.membership import Members, MembersCache


def test_members_are_served_only_for_the_version_they_were_put_in_with() -> None:
    cache = MembersCache()
    conversation_id, alice, bob = uuid4(), uuid4(), uuid4()
    cache.put(conversation_id, 1, Members(frozenset({alice, bob})))

    assert cache.get(conversation_id, 1) == Members(frozenset({alice, bob}))
    assert cache.get(conversation_id, 2) is None
    assert cache.get(uuid4(), 1) is None


def test_a_newer_version_takes_the_place_of_the_older() -> None:
    cache = MembersCache()
    conversation_id, alice, bob = uuid4(), uuid4(), uuid4()
    cache.put(conversation_id, 1, Members(frozenset({alice, bob})))

    cache.put(conversation_id, 2, Members(frozenset({alice})))

    assert cache.get(conversation_id, 1) is None
    assert cache.get(conversation_id, 2) == Members(frozenset({alice}))


def test_the_conversation_unused_for_longest_makes_room() -> None:
    cache = MembersCache(max_entries=2)
    oldest, used, newest = uuid4(), uuid4(), uuid4()
    cache.put(used, 1, Members(frozenset()))
    cache.put(oldest, 1, Members(frozenset()))
    cache.get(used, 1)

    cache.put(newest, 1, Members(frozenset()))

    assert cache.get(oldest, 1) is None
    assert cache.get(used, 1) is not None
    assert cache.get(newest, 1) is not None
