"""Reading the audit log through the API: for those who keep an eye on moderators."""
