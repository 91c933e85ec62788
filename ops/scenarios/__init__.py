"""Scenarios: whole stretches of a hospital group's life, played on the embedded default or on real servers.

Each prints a story that a procurement manager can follow, and ends with the figures that are found in Odoo. Run by
``wardline scenario`` and by the tests.
"""
