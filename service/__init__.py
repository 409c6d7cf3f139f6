"""The application: the only package that knows the other two."""
