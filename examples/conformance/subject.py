#!/usr/bin/env python3
"""An agent's lifecycle in plain Python 3, and the conformance protocol over stdin and stdout.

    agent-lifecycle conform -- python3 examples/conformance/subject.py
"""

import json
import sys

DEFAULT_CAPACITY = 10_000

# The state that each command wants to reach.
TARGETS = {
    "agent.load": "loaded",
    "agent.instantiate": "ready",
    "agent.start": "running",
    "agent.drain": "draining",
    "agent.stop": "stopped",
    "agent.unload": "unloaded",
    "agent.fail": "failed",
}
# The states that are one step away.
NEXT = {
    "unloaded": {"loaded", "failed"},
    "loaded": {"ready", "failed", "unloaded"},
    "ready": {"running", "stopped", "failed"},
    "running": {"draining", "stopped", "failed"},
    "draining": {"stopped", "failed"},
    "stopped": set(),
    "failed": set(),
}
# In a state with no operation in flight, or with the one named, a command begins an operation.
BEGINS = {
    ("unloaded", None, "agent.load"): "loading",
    ("loaded", None, "agent.instantiate"): "instantiating",
    ("loaded", None, "agent.unload"): "unloading",
    ("loaded", "instantiating", "agent.unload"): "unloading",
    ("ready", None, "agent.start"): "starting",
    ("ready", None, "agent.stop"): "stopping",
    ("ready", "starting", "agent.stop"): "stopping",
    ("running", None, "agent.stop"): "stopping",
    ("draining", None, "agent.stop"): "stopping",
}
DONE = {
    "loading": "loaded",
    "instantiating": "ready",
    "unloading": "unloaded",
    "starting": "running",
    "stopping": "stopped",
}


def describe(reason):
    """A reason for people: it is cut, and there is always one."""
    return (reason or "Unknown failure")[:1000]


class Agent:
    def __init__(self, transition_timeout, drain_timeout, capacity):
        self.transition_timeout = transition_timeout
        self.drain_timeout = drain_timeout
        self.capacity = capacity
        self.state = "unloaded"
        self.operation = None
        self.previous_state = None
        self.pending = 0
        self.reason = None
        self.now = 0
        self.deadline = None

    def send(self, event):
        """Takes an event and returns None, or the code of its refusal."""
        kind = event["type"]
        if not NEXT[self.state]:
            return "TerminalState"
        if kind == "request.accept":
            return self.accept()
        if kind == "request.complete":
            return self.complete()
        if kind not in TARGETS:
            return "UnknownEvent"
        if kind == "agent.fail":
            return self.enter("failed", describe(event.get("reason")))
        if kind == "agent.drain" and self.state == "running" and self.operation is None:
            return self.drain()
        if kind == "agent.unload" and self.operation == "loading":
            return self.rest()
        operation = BEGINS.get((self.state, self.operation, kind))
        return self.refuse(TARGETS[kind]) if operation is None else self.begin(operation)

    def accept(self):
        if self.state != "running" or self.operation is not None:
            return "NotAcceptingRequests"
        if self.pending >= self.capacity:
            return "TooManyPendingRequests"
        self.pending += 1
        return None

    def complete(self):
        if self.state not in ("running", "draining"):
            return "NotAcceptingRequests"
        self.pending = max(0, self.pending - 1)
        return self.stop_when_drained()

    def drain(self):
        self.enter("draining")
        self.deadline = self.now + self.drain_timeout
        return self.stop_when_drained()

    def stop_when_drained(self):
        if self.state == "draining" and self.operation is None and self.pending == 0:
            self.begin("stopping")

    def refuse(self, target):
        if target == self.state:
            return "AlreadyInState"
        if self.operation is not None and target in NEXT[self.state]:
            return "TransitionInProgress"
        return "InvalidTransition"

    def begin(self, operation):
        self.operation = operation
        self.deadline = self.now + self.transition_timeout

    def rest(self):
        self.operation = None
        self.deadline = None

    def enter(self, state, reason=None):
        self.rest()
        self.previous_state = self.state
        self.state = state
        self.reason = reason

    def settle(self, operation, outcome, message):
        if operation == self.operation and outcome == "done":
            self.enter(DONE[operation])
        elif operation == self.operation:
            self.enter("failed", describe(message))

    def advance(self, ms):
        end = self.now + ms
        while self.deadline is not None and self.deadline <= end:
            self.now = self.deadline
            if self.operation is None:
                self.begin("stopping")
            else:
                self.enter("failed", f"Transition timeout exceeded: {self.transition_timeout}ms")
        self.now = end

    def view(self):
        return {
            "state": self.state,
            "operation": self.operation,
            "previousState": self.previous_state,
            "pendingRequests": self.pending,
            "failureReason": self.reason,
        }


def main():
    agent = None
    for line in sys.stdin:
        request = json.loads(line)
        code = None
        if request["do"] == "end":
            return
        if request["do"] == "create":
            given = request["input"]
            capacity = given.get("capacity", DEFAULT_CAPACITY)
            agent = Agent(given["transitionTimeout"], given["drainTimeout"], capacity)
        elif request["do"] == "send":
            code = agent.send(request["event"])
        elif request["do"] == "settle":
            agent.settle(request["operation"], request["outcome"], request.get("message"))
        elif request["do"] == "advance":
            agent.advance(request["ms"])
        answer = {"id": request["id"], "accepted": code is None, "code": code, "view": agent.view()}
        if request["do"] == "create":
            answer["capacity"] = True
        print(json.dumps(answer), flush=True)


main()
