"""Sending, reading, editing and deleting messages."""
