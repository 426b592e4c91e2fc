"""Recording -> transcript."""
