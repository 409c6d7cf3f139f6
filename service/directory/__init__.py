"""Experts, units and evidence: linking, merging, visibility; feeds the index."""
