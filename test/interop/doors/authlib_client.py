from authlib.integrations.requests_client import OAuth2Session


class Client:
    def __init__(self, issuer, id, key):
        self.issuer = issuer
        self.session = OAuth2Session(id, key, token_endpoint_auth_method="client_secret_basic")

    def token(self, scope):
        return dict(self.session.fetch_token(f"{self.issuer}/oauth/token", grant_type="client_credentials", scope=scope))

    def introspect(self, token):
        answer = self.session.introspect_token(f"{self.issuer}/oauth/introspect", token=token, token_type_hint="access_token")
        return answer.json()

    def revoke(self, token):
        self.session.revoke_token(f"{self.issuer}/oauth/revoke", token=token).raise_for_status()
