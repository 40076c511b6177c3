"""Many rows of one event type from a file: read, checked row by row, shown, and handed to the same review as a sheet.

`reading` and `writing` know files and nothing of trade; `columns` says which columns a type has, `rows` what a row
about what happened becomes, `mending` one about what we got wrong, `checking` what comes of all rows together.
`pages` shows it.
"""
