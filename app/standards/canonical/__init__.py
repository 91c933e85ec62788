"""Wardline's own JSON, for senders that have no standard of their own."""
