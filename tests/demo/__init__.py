"""`fynix demo`, run for real: what it shows, and that it leaves nothing behind."""
