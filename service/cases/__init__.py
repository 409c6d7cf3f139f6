"""Agencies' requests, drafts and themes."""
