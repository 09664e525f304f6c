"""What a person may ask of us: to be given their data, and to be forgotten."""
