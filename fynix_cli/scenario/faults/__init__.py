"""Breaking things on purpose: lines, answers, Redis, servers."""
