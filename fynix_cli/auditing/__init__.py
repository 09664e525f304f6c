"""Reading the audit log from the terminal, and checking it without believing the server."""
