"""Real servers for development and tests: PostgreSQL, RabbitMQ, Redis and Odoo on private ports and in one folder.

``python -m ops.dev up`` starts what is missing, ``down`` ends it. Standard library only, because it runs before the
project's own dependencies are installed.
"""
