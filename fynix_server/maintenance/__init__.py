"""What is done to a database from the terminal: migrating, seeding, making people."""
