"""Tests of the `fynix` command."""
