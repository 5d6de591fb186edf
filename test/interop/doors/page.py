"""Runs the example of a consumer's page for Python: page.py FOLDER, where it is `consumer.py`; the question on standard input."""
import json
import sys

sys.path.insert(0, sys.argv[1])
import consumer  # noqa: E402


def attempt(token):
    try:
        return consumer.caller_of(token)
    except consumer.AuthUnavailable:
        return "AuthUnavailable"


question = json.load(sys.stdin)
answers = {name: attempt(token) for name, token in question["tokens"].items()}
if question.get("own"):
    answers["own"] = [consumer.own_token(), consumer.own_token()]
json.dump(answers, sys.stdout)
