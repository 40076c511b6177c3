"""One file per subject; every view is a read at a point of the clocks."""
