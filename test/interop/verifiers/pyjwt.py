import jwt


def verifier(question):
    secret = question.get("secret")
    keys = None if secret else jwt.PyJWKClient(question["jwksUri"])

    def verify(token):
        if jwt.get_unverified_header(token).get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        key = secret or keys.get_signing_key_from_jwt(token).key
        return jwt.decode(
            token,
            key,
            algorithms=[question["algorithm"]],
            issuer=question["issuer"],
            audience=question["audience"],
            leeway=30,
            options={"require": ["exp", "iat", "sub", "uid", "sid"]},
        )

    return verify
