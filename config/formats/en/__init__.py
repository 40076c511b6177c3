"""In English, which is the language of all pages."""
