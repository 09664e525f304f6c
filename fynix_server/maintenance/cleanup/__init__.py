"""Removing what is not needed any more, beside running servers, in short transactions."""
