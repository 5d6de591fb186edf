import json
from urllib.request import urlopen

from jose import jwt


def verifier(question):
    secret = question.get("secret")
    keys = None if secret else json.load(urlopen(question["jwksUri"], timeout=3))["keys"]

    def verify(token):
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "at+jwt":
            raise jwt.JWTError("not an access token")
        # python-jose does not look at kid: hand it the one key.
        key = secret or next(key for key in keys if key["kid"] == header.get("kid"))
        return jwt.decode(
            token,
            key,
            algorithms=[question["algorithm"]],
            issuer=question["issuer"],
            audience=question["audience"],
        )

    return verify
