"""The drill: faults under load on real servers, and three books that must agree afterwards.

Run by ``wardline drill`` and, in a short form, by the tests. Nothing is touched that the drill did not bring up itself.
"""
