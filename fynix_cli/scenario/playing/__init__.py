"""Playing a scenario: people, their lines, their steps, and what must hold at the end."""
