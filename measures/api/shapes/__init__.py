"""The shapes of the trade's answers, one file per subject. Open ends and what is not known are null."""
