"""Saying which frames are meant, and what of them to show: paths, conditions, templates."""
