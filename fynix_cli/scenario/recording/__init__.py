"""Recording a live session as a scenario: watching, naming, writing."""
