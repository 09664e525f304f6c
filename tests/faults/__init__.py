"""Faults on purpose: lines cut and stalled, servers killed and paused, events dropped."""
