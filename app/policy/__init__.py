"""Decisions: facts in, verdicts and reasons out. Pure; called by the flows."""
