"""The event-sourcing core: events, the log, the three clocks, projections. It knows nothing of trade."""
