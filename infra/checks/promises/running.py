"""How functions run: their variables, logs and time, and the schedule."""

import json
import re

from .reading import binaries, logical_id, of_type

VARIABLES = {"TABLE_NAME", "POLICY_FILE", "METRICS_NAMESPACE"}
# What single functions read beside these.
OWN_VARIABLES = {
    "manage-incident": {"LINK_KEYS_SECRET"},
    "dispatch-email": {"LINK_KEYS_SECRET", "PUBLIC_URL", "CONFIGURATION_SET"},
    "dispatch-webhook": {"WEBHOOK_KEYS_SECRET"},
    "receive-email": {"LINK_KEYS_SECRET", "MAIL_BUCKET"},
}
# Seconds for the slowest of a batch, by function.
LEAST = {"dispatch-email": 60, "dispatch-webhook": 30}
# How long a claim is, in seconds.
LEASE = 90


def functions(sam, cfn):
    """A role, a log group, and the variables of config.rs: each function, its own."""
    crates, seen = binaries(sam), {}
    for name, function in of_type(cfn, "AWS::Lambda::Function").items():
        p = function["Properties"]
        group = logical_id(p.get("LoggingConfig", {}).get("LogGroup"))
        for own in (group, logical_id(p["Role"])):
            if own in seen:
                yield f"{name}: shares {own} with {seen[own]}"
            seen[own] = name
        if set(p["Environment"]["Variables"]) != VARIABLES | OWN_VARIABLES.get(crates[name], set()):
            yield f"{name}: its variables are {sorted(p['Environment']['Variables'])}"


def sending(sam):
    """A batch has time for the slowest of it, and ends before the lease of its claims."""
    of_function = of_type(sam, "AWS::Serverless::Function")
    for name, crate in binaries(sam).items():
        least = LEAST.get(crate)
        timeout = of_function[name]["Properties"].get("Timeout", 0)
        if least and not least <= timeout <= LEASE:
            yield f"{crate} has {timeout} s; write {least} to {LEASE}"


def schedule(cfn):
    """A sweep begins each minute, sees past the next one, and has the time to stay that long."""
    schedules = of_type(cfn, "AWS::Scheduler::Schedule")
    if len(schedules) != 1:
        yield f"there are {len(schedules)} schedules, not one"
    for name, resource in schedules.items():
        p = resource["Properties"]
        if p["ScheduleExpression"] != "rate(1 minute)" or p["FlexibleTimeWindow"] != {"Mode": "OFF"}:
            yield f"{name}: does not fire each minute"
        ahead = re.fullmatch(r"(\d+)s", json.loads(p["Target"]["Input"]).get("look_ahead", ""))
        timeout = cfn["Resources"][logical_id(p["Target"]["Arn"])]["Properties"]["Timeout"]
        if not ahead or not 120 <= int(ahead[1]) <= timeout - 10:
            yield f"{name}: its input is {p['Target']['Input']}, and its function has {timeout} s"
