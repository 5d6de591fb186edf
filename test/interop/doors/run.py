"""Drives the doors for services by one library of Debian's Python packages: run.py MODULE, the question on standard input."""
import importlib
import json
import os
import sys
from importlib.metadata import version

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain http is for tests
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
question = json.load(sys.stdin)
client_of = importlib.import_module(sys.argv[1]).Client


def attempt(work):
    try:
        return work()
    except Exception as error:  # whatever a library raises is its answer
        return {"error": str(getattr(error, "error", "") or f"{type(error).__name__}: {error}")}


def client(name):
    return client_of(question["issuer"], **question["clients"][name])


good = client("good")
answers = {
    "token": attempt(lambda: good.token("tokens:validate")),
    "wrongScope": attempt(lambda: good.token("users:write")),
    "wrongSecret": attempt(lambda: client("wrong").token("tokens:validate")),
    "introspected": {},
}
if hasattr(good, "introspect"):
    for name, token in question["tokens"].items():
        answers["introspected"][name] = attempt(lambda: good.introspect(token))
    answers["withoutScope"] = attempt(lambda: client("narrow").introspect(question["tokens"]["access"]))
answers["revoked"] = attempt(lambda: good.revoke(question["revoked"]) or {"done": True})
versions = [f"{package} {version(package)}" for package in question["packages"]]
json.dump({"answers": answers, "versions": versions}, sys.stdout)
