"""What `fynix doctor` looks at beside the data: everything that a server stands on here."""
