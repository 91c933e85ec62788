"""The queue runtime: lanes and their queues, the Celery application, the task base, the relay that rings the bells.

The ledger is the truth and a queue is only a doorbell: whatever happens to a broker, its queues or a message in them,
the work is still in the ledger and the relay rings again for it.
"""
