"""Reads an agency's draft (DOCX, PDF, DOC, TXT, MD) into passages that know their page or paragraph."""
