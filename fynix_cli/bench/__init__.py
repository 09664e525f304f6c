"""`fynix bench`: how much a server does, and what it costs."""
