"""The `fynix` command: it runs the server and talks to one."""
