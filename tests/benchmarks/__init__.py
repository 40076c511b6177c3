"""Lancaster measured beside its peers, in one run: `make bench`. Nothing here is asserted."""
