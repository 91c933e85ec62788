"""Small servers that stand in for the outsides in demos and unit tests, never in a figure or an integration test."""
