"""The benchmark: what Wardline can do, as ratios measured side by side in one run on real servers.

Run by ``make bench`` or ``python -m ops.bench``; nothing else imports it.
"""
