"""The chain of the audit log, without a database: how it is made, and whether it is whole.

Whoever checks a log from afar works it out anew by this, and need not believe the server.
"""
