"""`fynix top`: what it makes of metrics, what it draws, and what it prints."""
