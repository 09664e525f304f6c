"""Groups from the terminal: who is in them, and who may do what."""
