"""Moderating a server from the terminal, through its API."""
