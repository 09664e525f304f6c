"""Playing a trace again: every request and frame anew, and what is different now."""
