"""`fynix cleanup`: removing what is not needed any more from the database of DATABASE_URL."""
