"""docs/cli.md, written from the commands themselves."""
