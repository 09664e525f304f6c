"""`fynix serve`: from options to a server that accepts, and to its orderly end."""
