"""Signs out with requests, httpx and urllib, in every form that people write; standard input and output as in node.mjs."""

import json
import sys
import urllib.error
import urllib.request

import httpx
import requests

EVERY = {"include_current": True}


def with_urllib(url, headers, data):
    request = urllib.request.Request(url + "/auth/logout", data=data, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


FORMS = {
    "requests.post(url)": lambda url, h: requests.post(url + "/auth/logout", headers=h).status_code,
    "requests.post(url, json=None)": lambda url, h: requests.post(url + "/auth/logout", json=None, headers=h).status_code,
    "requests.post(url, json={})": lambda url, h: requests.post(url + "/auth/logout", json={}, headers=h).status_code,
    "requests.post(url, data={})": lambda url, h: requests.post(url + "/auth/logout", data={}, headers=h).status_code,
    "requests.post(url, data='')": lambda url, h: requests.post(url + "/auth/logout", data="", headers=h).status_code,
    "requests.post(url, data=an empty generator)": lambda url, h: requests.post(
        url + "/auth/logout", data=(part for part in ()), headers=h
    ).status_code,
    "requests.post(url), JSON": lambda url, h: requests.post(
        url + "/auth/logout", headers={**h, "Content-Type": "application/json"}
    ).status_code,
    "requests.delete(url, params=True)": lambda url, h: requests.delete(
        url + "/auth/sessions", params=EVERY, headers=h
    ).status_code,
    "httpx.post(url)": lambda url, h: httpx.post(url + "/auth/logout", headers=h).status_code,
    "httpx.post(url, json=None)": lambda url, h: httpx.post(url + "/auth/logout", json=None, headers=h).status_code,
    "httpx.post(url, content=b'')": lambda url, h: httpx.post(url + "/auth/logout", content=b"", headers=h).status_code,
    "httpx.post(url, data={})": lambda url, h: httpx.post(url + "/auth/logout", data={}, headers=h).status_code,
    "httpx.delete(url, params=True)": lambda url, h: httpx.delete(
        url + "/auth/sessions", params=EVERY, headers=h
    ).status_code,
    "urllib, data=None": lambda url, h: with_urllib(url, h, None),
    "urllib, data=b''": lambda url, h: with_urllib(url, h, b""),
}

asked = json.load(sys.stdin)
names = list(FORMS)
headers = [{"Authorization": f"Bearer {token}"} for token in asked.get("tokens", [])]
answers = [FORMS[name](asked["url"], each) for name, each in zip(names, headers)]
json.dump({"names": names, "answers": answers}, sys.stdout)
