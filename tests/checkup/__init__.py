"""`fynix doctor` beside the data: each check, where all is well and where it is not."""
