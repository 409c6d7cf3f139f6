"""Reads outside files and services into clean records; knows no database, no web, no `search`, no `service`."""
