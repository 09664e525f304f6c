"""Real processes: the command line, servers, databases, signals."""
