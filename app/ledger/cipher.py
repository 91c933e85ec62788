"""Encryption of bodies at rest: AES-256-GCM with the key's id kept beside the text.

Used by ``bodies`` only. Keys rotate by putting a new one first; older ones go on decrypting.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import Permanent


class Cipher:
    """Encrypts with the first key, decrypts with whichever key a body names."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self.key_id = next(iter(self._ciphers))

    def encrypt(self, owner: UUID, plain: bytes) -> tuple[str, bytes, bytes]:
        """Key id, nonce and ciphertext; the owner's id is authenticated with it, so bodies cannot be swapped."""
        nonce = os.urandom(12)
        return self.key_id, nonce, self._ciphers[self.key_id].encrypt(nonce, plain, owner.bytes)

    def decrypt(self, owner: UUID, key_id: str, nonce: bytes, ciphertext: bytes) -> bytes:
        """The body. Raises Permanent where the key is not configured or the text was altered."""
        try:
            return self._ciphers[key_id].decrypt(nonce, ciphertext, owner.bytes)
        except KeyError:
            raise Permanent(f"body key {key_id!r} is not configured", code="body.key_unknown") from None
        except InvalidTag:
            raise Permanent("the body was altered or belongs to another record", code="body.altered") from None
