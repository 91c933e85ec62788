"""Suppliers to test against, on real sockets: they read orders and write answers with the house's own standards.

::

    with CxmlSupplier(Behaviour(ship=Decimal("0.5")), reply_to=url, key=key) as supplier:
        supplier.url                      # what the channel's transport posts to
        supplier.wait_for("P00012")       # the order, once it is there
        supplier.deliver("P00012")        # confirm, ship and bill it
        supplier.ship("P00012")           # the rest
        supplier.credit("P00012")         # a credit note over the last invoice
        supplier.sent[-1].status          # what we answered

``CxmlSupplier`` and ``UblSupplier`` listen over HTTP and post to our intake (``reply_to`` with an API ``key``);
``X12Supplier`` serves a folder over SFTP (its ``server`` has ``port``, ``user``, ``password`` and ``fingerprint``) with
the folders ``orders``, ``outbox`` and ``answers``. ``Behaviour`` says what a supplier does with orders:
everything follows from the order and from it, nothing from chance.
"""
