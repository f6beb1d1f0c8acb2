"""The questions that are asked of the evaluator, and what is wrong when it answers otherwise."""

import json
import subprocess
from pathlib import Path
from typing import NamedTuple

from promises.reading import listed

from . import calls
from .statements import Part, parts

EVALUATE = Path(__file__).with_name("evaluate.cjs")
LEADING_KEYS = "dynamodb:LeadingKeys"


class Question(NamedTuple):
    call: calls.Call
    statements: list
    # The part of the role that they lack, if one is left out to see whether it is needed.
    without: Part | None = None
    # Whether nobody does it.
    is_stranger: bool = False


def brief(resource):
    """An ARN without what is the same in all of them."""
    return resource.split(":", 5)[5] if resource.startswith("arn:") else resource


def of(context):
    values = ", ".join(value for values in context.values() for value in listed(values))
    return f" for {values}" if values else ""


def statements_of(stack):
    """What each role allows, by the role's name."""
    for name, properties in stack.resources("AWS::IAM::Role"):
        policies = stack.resolved(properties)["Policies"]
        yield name, [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def resource_policies(stack):
    """The policies of queues, buckets and keys, by what they are about."""
    urls = {stack.ref(name): stack.attribute(name, "Arn") for name, _ in stack.resources("AWS::SQS::Queue")}
    for _, p in stack.resources("AWS::SQS::QueuePolicy"):
        policy = stack.resolved(p)
        yield from ((urls[url], policy["PolicyDocument"]) for url in policy["Queues"])
    for _, p in stack.resources("AWS::S3::BucketPolicy"):
        policy = stack.resolved(p)
        yield f"arn:aws:s3:::{policy['Bucket']}", policy["PolicyDocument"]
    for name, p in stack.resources("AWS::KMS::Key"):
        yield stack.attribute(name, "Arn"), stack.resolved(p)["KeyPolicy"]


def strangers(call, kinds):
    """What is close to a call and not it: another resource, other values of what is in the request."""
    if call.resource != "*":
        *start, rest = call.resource.split(":", 5)
        separator = next((s for s in rest if s in "/:"), None)
        kind, name = rest.split(separator, 1) if separator else ("", rest)
        yield call._replace(resource=":".join([*start, f"{kind}{separator or ''}other-{name}"]))
    for key, values in call.context.items():
        # The leading key of an index is a shard, of which nobody tells one from another.
        others = kinds if "#" in values[0] else []
        keys = others if key == LEADING_KEYS else [f"other-{value}" for value in values]
        yield from (call._replace(context={**call.context, key: [other]}) for other in keys)


def singles(call):
    """The call for each of its keys alone."""
    keys = call.context.get(LEADING_KEYS, [])
    return [call._replace(context={**call.context, LEADING_KEYS: [key]}) for key in keys] or [call]


def questions(stack, asked, by_aws):
    done = asked + by_aws
    kinds = {key for call in asked for key in call.context.get(LEADING_KEYS, []) if "#" in key}
    # Whoever may do it to INCIDENT* may do it to INCIDENTS#, too.
    kinds |= {kind.replace("#", "S#") for kind in kinds} | {"OTHER#"}
    for role, statements in statements_of(stack):
        mine = [call for call in done if call.role == role]
        for call in mine:
            yield Question(call, statements)
        for part in parts(statements):
            # It is needed if one of these is denied without it.
            yield from (Question(call, part.rest, without=part) for call in mine if call.action == part.action)
        known = {told(single) for call in mine for single in singles(call)}
        others = {told(stranger): stranger for call in mine for stranger in strangers(call, sorted(kinds))}
        yield from (Question(stranger, statements, is_stranger=True) for says, stranger in others.items() if says not in known)


def told(call, verb="does"):
    return f"{call.who} {verb} {call.action} on {brief(call.resource)}{of(call.context)}"


def answered(stack, asked, packages):
    """The evaluator's answer to each question."""
    policies = dict(resource_policies(stack))
    asks = []
    for call, statements, *_ in asked:
        bucket = call.resource.partition("/")[0] if call.resource.startswith("arn:aws:s3:") else call.resource
        asks.append({
            "role": f"arn:aws:iam::123456789012:role/{call.role}",
            "action": call.action,
            "resource": call.resource,
            "context": call.context | {"aws:SecureTransport": "true"},
            "policy": {"Version": "2012-10-17", "Statement": statements},
            "resourcePolicy": policies.get(bucket),
        })
    command = ["node", str(EVALUATE), str(packages)]
    run = subprocess.run(command, input=json.dumps(asks), capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"the evaluator failed: {run.stderr}")
    return zip(asked, json.loads(run.stdout), strict=True)


class Held(NamedTuple):
    """What came of it: by whom what is wrong, and the calls for which each part of a role is needed."""

    wrong: dict
    needed: dict


def held(stack, identity, packages):
    """Whether each call is allowed, each part of a role is needed, and each stranger is refused."""
    asked = list(calls.recorded(stack, identity))
    by_aws, _ = calls.of_aws(stack, asked)
    names = {call.role: call.who for call in asked + by_aws}
    roles = dict(statements_of(stack))
    wrong = {name: [] for name in names.values()}
    wrong |= {role: [f"nothing that is known here is done with {role}"] for role in roles.keys() - names.keys()}
    needed = {(names[role], *part[:4]): [] for role in roles.keys() & names.keys() for part in parts(roles[role])}
    for question, answer in answered(stack, list(questions(stack, asked, by_aws)), packages):
        call, allowed = question.call, answer["result"] == "Allowed"
        if question.without:
            needed[call.who, *question.without[:4]] += [] if allowed else [call]
        elif question.is_stranger:
            wrong[call.who] += [f"{told(call, 'may do')} and never does: {', '.join(answer['by'])}"] if allowed else []
        elif allowed:
            wrong[call.who] += [f"{call.who}: the condition of {idle} holds of requests that do not have it" for idle in answer["idle"]]
        else:
            by = f"{', '.join(answer['deniedBy'])} of the resource denies it" if answer["deniedBy"] else answer.get("closest")
            wrong[call.who] += [f"{told(call, 'does')} and may not: {by or 'no statement has the action'}"]
    for (who, sid, action, resource, condition), needing in needed.items():
        value = f" for {condition[2]}" if condition else ""
        wrong[who] += [] if needing else [f"{who} may do {action} on {brief(resource)}{value} and nothing needs it: {sid}"]
    return Held(wrong, needed)
