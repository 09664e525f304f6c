"""What a scenario file may say, and reading it: shapes, places, problems, the JSON Schema."""
