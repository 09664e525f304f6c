"""Tests, in the shape of the packages they test; real databases and real Redis throughout."""
