"""Tests of scripted conversations."""
