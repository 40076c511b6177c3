"""Who follows the log: streams of server-sent events and webhooks, each by a filter, each in order."""
