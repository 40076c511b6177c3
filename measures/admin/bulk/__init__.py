"""Many rows of one event type from a file: read, checked row by row, shown, and handed to the same review as a sheet.

`reading` and `writing` know files and nothing of trade; `columns` says which columns a type has, `checking` what comes
of the rows, `pages` shows it.
"""
