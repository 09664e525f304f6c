"""`fynix demo`: a private server, two people, and what they say to each other."""
