#!/usr/bin/env python3
"""An agent that answers a text reversed, in lines of JSON over stdin and stdout: see docs/processes.md."""

import json
import sys


def answer(question):
    payload = question.get("payload")
    if question["do"] != "request":
        return {"ok": True}
    if not isinstance(payload, str):
        return {"ok": False, "error": {"message": "expected a text", "code": "NotText"}}
    return {"ok": True, "value": payload[::-1]}


for line in sys.stdin:
    question = json.loads(line)
    # What is cancelled, or could be handed over, has been answered here already: one follows the other.
    if question["do"] in ("cancel", "drain"):
        continue
    print(json.dumps({"id": question["id"], **answer(question)}), flush=True)
    if question["do"] == "stop":
        break
