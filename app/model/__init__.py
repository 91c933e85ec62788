"""The canonical vocabulary: frozen dataclasses that every standard is read into and every flow works on.

Pure: no I/O, no database, no framework. The standards make these, flows and policy consume them.
"""
