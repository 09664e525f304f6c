"""Cleaning up: what goes, what stays, and what survives being interrupted."""
