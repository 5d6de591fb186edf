import json
from urllib.request import urlopen

from authlib.jose import JsonWebKey, JsonWebToken


def verifier(question):
    secret = question.get("secret")
    key = secret or JsonWebKey.import_key_set(json.load(urlopen(question["jwksUri"], timeout=3)))
    tokens = JsonWebToken([question["algorithm"]])
    options = {
        "iss": {"essential": True, "value": question["issuer"]},
        "aud": {"essential": True, "value": question["audience"]},
        "exp": {"essential": True},
    }

    def verify(token):
        claims = tokens.decode(token, key, claims_options=options)
        if claims.header.get("typ") != "at+jwt":
            raise ValueError("not an access token")
        claims.validate()  # decode checks the signature only
        return claims

    return verify
