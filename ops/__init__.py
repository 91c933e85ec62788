"""The operators' front door: command line, exporter, simulators, benchmark and development servers."""
