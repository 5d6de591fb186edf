import json
from urllib.request import urlopen

from jwcrypto.common import base64url_encode
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jwt import JWT


def verifier(question):
    secret = question.get("secret")
    if secret:
        key = JWK(kty="oct", k=base64url_encode(secret.encode()))
    else:
        key = JWKSet.from_json(urlopen(question["jwksUri"], timeout=3).read().decode())

    def verify(token):
        checked = JWT(
            jwt=token,
            key=key,
            algs=[question["algorithm"]],
            check_claims={"iss": question["issuer"], "aud": question["audience"], "exp": None},
        )
        if json.loads(checked.header).get("typ") != "at+jwt":
            raise ValueError("not an access token")
        return json.loads(checked.claims)

    return verify
