"""Every word of the pages, one file for each language."""
