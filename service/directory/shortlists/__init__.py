"""Lists of people that staff put together, and searches they keep."""
