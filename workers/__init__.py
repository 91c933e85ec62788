"""The processes beside the web: the queue runtime, the relay and the MLLP listener."""
