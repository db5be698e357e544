"""Training: from annotated pictures to weights."""
