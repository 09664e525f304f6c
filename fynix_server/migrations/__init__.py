"""The schema's history: one file a step in `versions/`, run by maintenance/schema.py."""
