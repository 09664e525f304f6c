"""What long work costs those who send meanwhile, measured; run by hand."""
