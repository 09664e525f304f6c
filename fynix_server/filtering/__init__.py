"""The rules of the content filter, edited while the server runs, and tried out on texts."""
