"""What runs and what does not."""
