"""What stands in the projects of others whose tests are tested here."""

HELLO = """
fynix: 1
name: hello arrives
tags: [limits, two-people]
actors: {alice: {}, bob: {}}
steps:
  - alice.dm: {with: bob, save: dm}
  - alice.send: {in: $dm, text: "hello", save: m1}
  - bob.expect: {event: new_message, where: {message.id: $m1.id}}
"""
WRONG = """
fynix: 1
name: hello is not goodbye
actors: {alice: {}, bob: {}}
steps:
  - alice.dm: {with: bob, save: dm}
  - alice.send: {in: $dm, text: "hello"}
  - bob.expect: {event: new_message, where: {message.content: goodbye}, within: 200ms}
"""
SIZES = """
fynix: 1
name: a message of some size
matrix: {size: [1, 2000], via: [rest]}
actors: {alice: {}}
steps:
  - log: $size by $via
"""
UNREADABLE = """
fynix: 1
name: nobody can read this
actors: {alice: {}}
steps:
  - alice.sned: {in: $dm, text: "hello"}
  - bob.read: $dm
"""
INI = """
[pytest]
addopts = --import-mode=importlib --strict-markers --strict-config -p no:schemathesis
    -p no:hypothesispytest -p no:anyio -p no:faker -p no:cacheprovider
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
timeout = 50
filterwarnings =
    error
    ignore:XDG_RUNTIME_DIR is not set
"""
