"""How functions run: their variables, logs and time, and the schedule."""

import json
import re

from .reading import ROOT, binaries, logical_id, of_type

# What each function reads: tests/template/variables.rs finds it by running the configuration of each.
READ = ROOT / "infra/checks/variables.json"
# What Lambda sets: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, "Defined runtime
# environment variables"; the level, where logs are JSON: …/dg/monitoring-cloudwatchlogs-log-level.html
LAMBDA_SETS = {"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_LOG_LEVEL"}
# What is for other places than Lambda, or for what a deployment seldom needs: other endpoints and
# authorities than AWS's own, and keys that are in no secret.
SELDOM = {
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
    *("AWS_ENDPOINT_URL_SESV2", "TLS_ROOTS", "LINK_KEYS", "LINK_KEYS_FILE", "WEBHOOK_KEYS", "WEBHOOK_KEYS_FILE"),
}
# Seconds for the slowest of a batch, by function.
LEAST = {"dispatch-email": 60, "dispatch-webhook": 30}
# How long a claim is, in seconds.
LEASE = 90
# What Scheduler and Lambda fall back on, and the least age that they take, in seconds.
SCHEDULER = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
ASYNCHRONOUS = {"MaximumEventAgeInSeconds": 21600, "MaximumRetryAttempts": 2}
LEAST_AGE = 60


def functions(cfn):
    """A role and a log group: each function, its own."""
    seen = {}
    for name, function in of_type(cfn, "AWS::Lambda::Function").items():
        p = function["Properties"]
        group = logical_id(p.get("LoggingConfig", {}).get("LogGroup"))
        for own in (group, logical_id(p["Role"])):
            if own in seen:
                yield f"{name}: shares {own} with {seen[own]}"
            seen[own] = name


def variables(sam, cfn):
    """What a function reads is set, and what is set is read."""
    read = {crate: (set(v["required"]), set(v["optional"])) for crate, v in json.loads(READ.read_text()).items()}
    crates = binaries(sam)
    if set(crates.values()) != set(read):
        yield f"{READ.name} knows {sorted(read)}, not {sorted(crates.values())}"
    for name, crate in crates.items():
        required, optional = read.get(crate, (set(), set()))
        given = set(cfn["Resources"][name]["Properties"].get("Environment", {}).get("Variables", {}))
        for variable in sorted((required | optional - SELDOM) - LAMBDA_SETS - given):
            yield f"{name}: reads {variable}, which is not set"
        for variable in sorted(given - required - optional):
            yield f"{name}: is given {variable}, which it does not read"
    every = {variable for sets in read.values() for variable in sets[0] | sets[1]}
    for variable in sorted((LAMBDA_SETS | SELDOM) - every):
        yield f"running.py knows of {variable}, which no function reads"


def sending(sam):
    """A batch has time for the slowest of it, and ends before the lease of its claims."""
    of_function = of_type(sam, "AWS::Serverless::Function")
    for name, crate in binaries(sam).items():
        least = LEAST.get(crate)
        timeout = of_function[name]["Properties"].get("Timeout", 0)
        if least and not least <= timeout <= LEASE:
            yield f"{crate} has {timeout} s; write {least} to {LEASE}"


def retried(name, policy, usual, interval):
    """A firing that is older than the next one is worth nothing: that one asks for all that is due."""
    policy = usual | policy
    if not LEAST_AGE <= policy["MaximumEventAgeInSeconds"] <= max(interval, LEAST_AGE):
        yield f"{name}: hands on a firing of {policy['MaximumEventAgeInSeconds']} s ago, when the next comes after {interval} s"
    if policy["MaximumRetryAttempts"] > 1:
        yield f"{name}: tries a firing {policy['MaximumRetryAttempts']} times again"


def schedule(cfn):
    """A sweep begins each minute, sees past the next one, and has the time to stay that long."""
    schedules = of_type(cfn, "AWS::Scheduler::Schedule")
    if len(schedules) != 1:
        yield f"there are {len(schedules)} schedules, not one"
    for name, resource in schedules.items():
        p = resource["Properties"]
        target, function = p["Target"], logical_id(p["Target"]["Arn"])
        if p["ScheduleExpression"] != "rate(1 minute)" or p["FlexibleTimeWindow"] != {"Mode": "OFF"}:
            yield f"{name}: does not fire each minute"
        rate = re.fullmatch(r"rate\((\d+) minutes?\)", p["ScheduleExpression"])
        interval = 60 * int(rate[1]) if rate else 60
        ahead = re.fullmatch(r"(\d+)s", json.loads(target["Input"]).get("look_ahead", ""))
        timeout = cfn["Resources"][function]["Properties"]["Timeout"]
        if not ahead or not 120 <= int(ahead[1]) <= timeout - 10:
            yield f"{name}: its input is {target['Input']}, and its function has {timeout} s"
        yield from retried(name, target.get("RetryPolicy", {}), SCHEDULER, interval)
        every = of_type(cfn, "AWS::Lambda::EventInvokeConfig").items()
        calls = {n: c["Properties"] for n, c in every if logical_id(c["Properties"]["FunctionName"]) == function}
        if len(calls) != 1:
            yield f"{function}: {len(calls)} settings say what becomes of a sweep that fails"
        for call, q in calls.items():
            yield from retried(call, q, ASYNCHRONOUS, interval)
