"""ANSI ASC X12, releases 004010 and 005010 and what is near to them: the supply chain's transaction sets."""
