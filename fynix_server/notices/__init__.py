"""What the server has told somebody: warnings, and what became of their reports."""
