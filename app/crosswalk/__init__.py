"""The crosswalk: turns outside codes for items, units and locations into ours.

Loaded and exported as CSV by the operators; asked by the flows. Rows are versioned and have validity dates.
"""
