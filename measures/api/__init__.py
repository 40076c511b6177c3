"""The trade half of the API: measures, talks, indicators, cases and disputes at a point of the three clocks."""
