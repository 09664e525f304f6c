"""Scripted conversations: written as YAML, played by several people at once, and reported."""
