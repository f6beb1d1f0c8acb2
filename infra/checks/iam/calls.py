"""What is done with each role: what its function asks, as recorded, and what AWS does with it."""

import json
import re
from pathlib import Path
from typing import NamedTuple

from . import by_aws

# Written by tests/roles from what the functions do.
ASKED = Path(__file__).resolve().parents[1] / "asked.json"


class Call(NamedTuple):
    """One thing that IAM is asked to allow: who asks, with which role, and why if it is AWS that asks.

    The template may not say on what: then the resource is None, and why is the variable that it should set.
    """

    who: str
    role: str
    action: str
    resource: str | None
    context: dict
    why: str = ""


def crate(stack, function):
    return stack.cfn["Resources"][function]["Metadata"]["BuildProperties"]["Binary"]


def role_of(arn):
    return arn.rpartition("/")[2]


def recorded(stack, identity):
    """What the functions ask, where a variable is what the template gives the function under that name."""
    asked = json.loads(ASKED.read_text())
    for function, properties in stack.resources("AWS::Lambda::Function"):
        p, who = stack.resolved(properties), crate(stack, function)
        # What the account has verified for the sender, SES knows.
        known = p["Environment"]["Variables"] | {"SES::Identity": identity}
        for request in asked.get(who, []):
            names = set(re.findall(r"\$\{([A-Z_]+)\}", request["resource"])) - known.keys()
            resource = None if names else stack.substituted(request["resource"], known)
            yield Call(who, role_of(p["Role"]), request["action"], resource, request["context"], ", ".join(names))


def of_aws(stack, asked):
    """What AWS does with each role of a function or a schedule."""
    functions = [(crate(stack, name), name, stack.resolved(p)) for name, p in stack.resources("AWS::Lambda::Function")]
    schedules = [(name, name, stack.resolved(p)) for name, p in stack.resources("AWS::Scheduler::Schedule")]
    for who, name, p in functions + schedules:
        role = role_of(p["Role"] if "Role" in p else p["Target"]["RoleArn"])
        mine = [call for call in asked if call.role == role]
        for way in by_aws.WAYS:
            for resource, context in way.found(stack, name, p, mine):
                yield from (Call(who, role, action, resource, context, way.why) for action in way.actions)
