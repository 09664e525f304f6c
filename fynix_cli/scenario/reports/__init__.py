"""Telling what came of scenarios: at the terminal, and as JUnit, JSON and HTML."""
