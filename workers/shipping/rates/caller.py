"""Finds out which Worker is calling, by the signed token that the mesh sends along."""

import base64
import hashlib
import hmac
import json
import time

ISSUER = "weft"
# Seconds by which the caller's clock may be ahead or behind.
CLOCK_SKEW = 30


class Refused(Exception):
    """The token is missing, forged, expired or for another service."""


def caller_of(authorization, key, service, now=None):
    """Name of the calling Worker from `Authorization: Bearer <JWT>`. Raises Refused."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key:
        raise Refused("no token")
    try:
        signed, _, signature = token.rpartition(".")
        expected = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(expected, _decode(signature)):
            raise Refused("wrong signature")
        head, claims = (json.loads(_decode(part)) for part in signed.split("."))
        # The algorithm is ours to choose, not the token's.
        if head["alg"] != "HS256" or claims["iss"] != ISSUER or claims["aud"] != service:
            raise Refused("for somebody else")
        if claims["exp"] + CLOCK_SKEW <= (time.time() if now is None else now):
            raise Refused("expired")
        return claims["sub"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("malformed") from error


def _decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
