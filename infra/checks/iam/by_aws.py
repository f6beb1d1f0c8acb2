"""What AWS does with the roles by itself. Scenarios cannot show it, so each way has a reason here.

Each is found in the template, for a function or a schedule: what is set up there has to be allowed in its role,
and what leads to nothing has no place here.
"""

from typing import Callable, NamedTuple

REGION = "eu-west-1"


class Way(NamedTuple):
    why: str
    actions: list
    # (stack, name, properties, what the same role asks) -> resources, each with what is in the request.
    found: Callable


def log_group(stack, name, p, _):
    if "LoggingConfig" in p:
        yield f"arn:aws:logs:{REGION}:123456789012:log-group:{p['LoggingConfig']['LogGroup']}:log-stream:1", {}


def tracing(stack, name, p, _):
    if p.get("TracingConfig", {}).get("Mode") == "Active":
        yield "*", {}


def mappings(stack, name, service):
    for _, mapping in stack.resources("AWS::Lambda::EventSourceMapping"):
        m = stack.resolved(mapping)
        if m["FunctionName"] == name and m["EventSourceArn"].split(":")[2] == service:
            yield m["EventSourceArn"]


def streams(stack, name, p, _):
    yield from ((stream, {}) for stream in mappings(stack, name, "dynamodb"))


def any_stream(stack, name, p, _):
    yield from (("*", {}) for _ in mappings(stack, name, "dynamodb"))


def queues(stack, name, p, _):
    yield from ((queue, {}) for queue in mappings(stack, name, "sqs"))


def lost(stack, name, p, _):
    """Where what a function or a schedule gives up on goes."""
    for type_ in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"):
        for _, resource in stack.resources(type_):
            r = stack.resolved(resource)
            if r["FunctionName"] == name and "DestinationConfig" in r:
                yield r["DestinationConfig"]["OnFailure"]["Destination"], {}
    if "DeadLetterConfig" in p.get("Target", {}):
        yield p["Target"]["DeadLetterConfig"]["Arn"], {}


def target(stack, name, p, _):
    if "Target" in p:
        yield p["Target"]["Arn"], {}


def keys_of_queues(queues):
    """The keys of those queues that have one of the account's."""

    def found(stack, name, p, asked):
        keys = {stack.attribute(queue, "Arn"): stack.resolved(q).get("KmsMasterKeyId") for queue, q in stack.resources("AWS::SQS::Queue")}
        for queue, _ in queues(stack, name, p, asked):
            if keys[queue]:
                yield keys[queue], {"kms:ViaService": [f"sqs.{REGION}.amazonaws.com"]}

    return found


def keys_of_buckets(stack, name, p, asked):
    for bucket, b in stack.resources("AWS::S3::Bucket"):
        objects = stack.attribute(bucket, "Arn") + "/"
        for rule in stack.resolved(b).get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", []):
            key = rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID")
            if key and any(call.action == "s3:GetObject" and call.resource.startswith(objects) for call in asked):
                yield key, {"kms:ViaService": [f"s3.{REGION}.amazonaws.com"]}


WAYS = [
    Way("Lambda writes the log of a function", ["logs:CreateLogStream", "logs:PutLogEvents"], log_group),
    Way("Lambda sends traces of a function", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], tracing),
    Way("Lambda polls a stream", ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], streams),
    Way("Lambda refuses the mapping of a stream without it", ["dynamodb:ListStreams"], any_stream),
    Way("Lambda polls a queue", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queues),
    Way("SQS decrypts what Lambda polls", ["kms:Decrypt"], keys_of_queues(queues)),
    Way("Lambda or the scheduler reports what it gave up on", ["sqs:SendMessage"], lost),
    Way("SQS encrypts such a report", ["kms:Decrypt", "kms:GenerateDataKey"], keys_of_queues(lost)),
    Way("S3 decrypts what a function reads", ["kms:Decrypt"], keys_of_buckets),
    Way("the scheduler invokes a function", ["lambda:InvokeFunction"], target),
]
