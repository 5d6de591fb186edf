import requests
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session


class Client:
    """It knows no introspection; for revocation oauthlib prepares the request."""

    def __init__(self, issuer, id, key):
        self.issuer, self.id, self.key = issuer, id, key
        self.client = BackendApplicationClient(client_id=id)

    def token(self, scope):
        session = OAuth2Session(client=BackendApplicationClient(client_id=self.id, scope=scope))
        url = f"{self.issuer}/oauth/token"
        return dict(session.fetch_token(url, client_id=self.id, client_secret=self.key))

    def revoke(self, token):
        url, headers, body = self.client.prepare_token_revocation_request(f"{self.issuer}/oauth/revoke", token)
        requests.post(url, headers=headers, data=body, auth=(self.id, self.key), timeout=5).raise_for_status()
