"""What must be true of a healthy database: looking whether it is, and mending what is derived."""
