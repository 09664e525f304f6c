"""Promises that span the code: what exists is declared, documented, and kept in one place."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
