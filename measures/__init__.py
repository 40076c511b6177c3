"""The trade domain: measures, negotiations, cases, indicators, and what can happen to them."""
