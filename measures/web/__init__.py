"""The readers' pages: rendered on the server, without scripts, at any point of the three clocks."""
