"""Spam: what somebody's conduct looks like, and an explainable score of it."""
