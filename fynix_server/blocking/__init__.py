"""Blocking: one person wants nothing from another any more."""
