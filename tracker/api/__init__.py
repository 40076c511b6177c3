"""The generic half of the API: clocks as parameters, problem documents, keyset pages, the feed, the vocabulary."""
