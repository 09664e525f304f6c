"""Many clients, faults on a schedule, and a checker that compares what they saw with the database.

`python -m tests.faults.torture` runs it; docs/reliability.md tells how to read what it prints.
"""
