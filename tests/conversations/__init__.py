"""Tests of starting, listing and changing conversations."""
