"""A scheduler that decides, at each wait of the real delivery, what happens next."""
