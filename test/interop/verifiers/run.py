"""Runs one verifier of Debian's Python packages: run.py MODULE, the question on standard input."""
import importlib
import json
import sys
from importlib.metadata import version

question = json.load(sys.stdin)
module = importlib.import_module(sys.argv[1])
verify = module.verifier(question)
answers = {}
for name, token in question["tokens"].items():
    try:
        answers[name] = {"accepted": True, "sub": verify(token)["sub"]}
    except Exception as error:  # whatever a library raises is a refusal
        answers[name] = {"accepted": False, "error": f"{type(error).__name__}: {error}"}
versions = [f"{package} {version(package)}" for package in question["packages"]]
json.dump({"answers": answers, "versions": versions}, sys.stdout)
