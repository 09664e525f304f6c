"""`fynix top`: what a server does, from its metrics, as it does it."""
