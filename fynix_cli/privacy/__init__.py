"""Exports and erasures from the terminal, through the API of a server."""
