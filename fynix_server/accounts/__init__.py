"""Accounts: registering, logging in, sessions, people."""
