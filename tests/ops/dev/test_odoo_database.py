"""The form in which Odoo stores API keys."""

from __future__ import annotations

from ops.dev.odoo_database import key_hash

KEY = "0123456789abcdef0123456789abcdef01234567"


def test_a_key_is_hashed_as_passlib_does() -> None:
    # made with passlib 1.7.4: pbkdf2_sha512.using(rounds=6000, salt=bytes(range(240, 256))).hash(KEY)
    expected = (
        "$pbkdf2-sha512$6000$8PHy8/T19vf4.fr7/P3./w$"
        "myEjyE3HyrcUe3ljW2bqbijzqcyaDDeG.9rheRf.7EWCX.9IlomLjsyxvBSVxnQqnxPySidP.gfjoADlQuywEw"
    )

    assert key_hash(KEY, bytes(range(240, 256))) == expected


def test_every_hash_has_a_salt_of_its_own() -> None:
    assert key_hash(KEY) != key_hash(KEY)
