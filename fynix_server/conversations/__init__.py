"""Conversations: starting them, listing them, and who takes part."""
