"""The least that an endpoint can do and still store a message: one row, inserted and committed, then the answer.

Run by gunicorn beside the intake, which ``ops.bench.intake`` compares with it. It checks nothing and knows nobody.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask, Response, request

from app import ids, settings

metadata = sa.MetaData()
bare_message = sa.Table(
    "bare_message",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("channel", sa.String(64), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)


def create_app() -> Flask:
    """The application, over the database that the settings name."""
    engine = sa.create_engine(settings.load().database_url)
    app = Flask("bare")

    @app.post("/v1/messages/<string:channel>")
    def take_in(channel: str) -> Response:
        row = {"id": ids.new_id(), "channel": channel, "content": request.get_data()}
        with engine.begin() as tx:
            tx.execute(sa.insert(bare_message), row)
        return Response(status=202)

    return app
