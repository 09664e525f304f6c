"""Tests of `fynix scenario record`, `replay` and `load`."""
