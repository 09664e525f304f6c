"""One module a group of commands: their options and their help. Imported only when they run."""
