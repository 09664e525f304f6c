"""The servers that scenarios are played against: fresh private ones, or one that runs already."""
