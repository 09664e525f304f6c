"""How long messages are kept, and which must stay whatever that says."""
