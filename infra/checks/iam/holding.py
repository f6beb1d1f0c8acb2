"""The questions that are asked of the evaluator, and what is wrong when it answers otherwise."""

from typing import NamedTuple

from promises.reading import listed

from . import calls
from .statements import Part, parts

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


def questions(stack, done):
    kinds = {key for call in done for key in call.context.get(LEADING_KEYS, []) if "#" in key}
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


def asking(stack, questions):
    """The questions in the form of the evaluator."""
    policies = dict(resource_policies(stack))
    for call, statements, *_ in questions:
        bucket = call.resource.partition("/")[0] if call.resource.startswith("arn:aws:s3:") else call.resource
        yield {
            "role": f"arn:aws:iam::123456789012:role/{call.role}",
            "action": call.action,
            "resource": call.resource,
            "context": call.context | {"aws:SecureTransport": "true"},
            "policy": {"Version": "2012-10-17", "Statement": statements},
            "resourcePolicy": policies.get(bucket),
        }


def reason(answer):
    """Why it is denied."""
    if answer["deniedBy"]:
        return f"{', '.join(answer['deniedBy'])} of the resource denies it"
    if answer["by"]:
        return f"{', '.join(answer['by'])} allows it, and the policy of the resource does not leave it to roles"
    return answer.get("closest", "no statement has the action")


class Held(NamedTuple):
    """What came of it: by whom what is wrong, and the calls for which each part of a role is needed."""

    wrong: dict
    needed: dict
    # What AWS does there, and how many questions that made.
    ways: set
    asked: int


def held(stack, identity, evaluator):
    """Whether each call is allowed, each part of a role is needed, and each stranger is refused."""
    recorded = list(calls.recorded(stack, identity))
    asked = [call for call in recorded if call.resource]
    by_aws = list(calls.of_aws(stack, asked))
    names = {call.role: call.who for call in recorded + by_aws}
    roles = dict(statements_of(stack))
    wrong = {name: [] for name in names.values()}
    for call in recorded:
        wrong[call.who] += [] if call.resource else [f"{call.who} does {call.action} and is not given {call.why}"]
    wrong |= {role: [f"nothing that is known here is done with {role}"] for role in roles if role not in names}
    needed = {(names[role], *part[:4]): [] for role in roles if role in names for part in parts(roles[role])}
    asks = list(questions(stack, asked + by_aws))
    for question, answer in zip(asks, evaluator.answers(list(asking(stack, asks))), strict=True):
        call, allowed = question.call, answer["result"] == "Allowed"
        if question.without:
            needed[(call.who, *question.without[:4])] += [] if allowed else [call]
        elif question.is_stranger:
            wrong[call.who] += [f"{told(call, 'may do')} and never does: {', '.join(answer['by'])}"] if allowed else []
        elif allowed:
            wrong[call.who] += [f"{call.who}: the condition of {idle} holds of requests that do not have it" for idle in answer["idle"]]
        else:
            wrong[call.who] += [f"{told(call, 'does')} and may not: {reason(answer)}"]
    for (who, sid, action, resource, condition), needing in needed.items():
        value = f" for {condition[2]}" if condition else ""
        wrong[who] += [] if needing else [f"{who} may do {action} on {brief(resource)}{value} and nothing needs it: {sid}"]
    return Held(wrong, needed, {call.why for call in by_aws}, len(asks))
