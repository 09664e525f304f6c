"""Scenarios as tests of pytest, and fixtures: a private server, and people who talk there."""
