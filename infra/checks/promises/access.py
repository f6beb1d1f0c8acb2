"""Who may do what: the roles of functions, and the policies of buckets, topics and queues."""

import json

from .reading import INFRA, binaries, listed, of_type, role_statements

# Written by tests/roles from what the functions do.
ASKED = INFRA / "checks/asked.json"
CONDITION_KEYS = {"dynamodb:LeadingKeys", "ses:FromAddress"}
RESOURCE_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")


def roles(cfn):
    """Least privilege: actions by name, on resources by name, and nothing that AWS manages."""
    for name, role in of_type(cfn, "AWS::IAM::Role").items():
        if role["Properties"].get("ManagedPolicyArns"):
            yield f"{name}: has managed policies"
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions = listed(statement["Action"])
                if any("*" in action for action in actions):
                    yield f"{name}: {statement['Sid']} allows {actions}"
                # A misspelt key is never in a request, and ForAllValues holds of what is not there.
                for keys in statement.get("Condition", {}).values():
                    if not set(keys) <= CONDITION_KEYS:
                        yield f"{name}: {statement['Sid']} has a condition on {sorted(keys)}"
                if "*" in listed(statement["Resource"]) and actions != ["dynamodb:ListStreams"]:
                    yield f"{name}: {statement['Sid']} is for every resource"


def resource_policies(cfn):
    """A bucket, a topic or a queue is written by one service, for one resource of the stack, over TLS."""
    for type_ in RESOURCE_POLICIES:
        for name, policy in of_type(cfn, type_).items():
            statements = policy["Properties"]["PolicyDocument"]["Statement"]
            plain = {"Bool": {"aws:SecureTransport": "false"}}
            refuses = [s for s in statements if s["Effect"] == "Deny" and s["Principal"] == "*" and s.get("Condition") == plain]
            if not refuses:
                yield f"{name}: takes what comes without TLS"
            for statement in statements:
                if statement["Effect"] != "Allow":
                    continue
                if set(statement["Principal"]) != {"Service"} or "*" in str(statement["Principal"]):
                    yield f"{name}: {statement['Sid']} is for {statement['Principal']}"
                if len(listed(statement["Action"])) != 1 or "*" in statement["Action"]:
                    yield f"{name}: {statement['Sid']} allows {statement['Action']}"
                conditions = {key: value for keys in statement.get("Condition", {}).values() for key, value in keys.items()}
                source = conditions.get("aws:SourceArn")
                if not isinstance(source, dict) or "*" in str(source):
                    yield f"{name}: {statement['Sid']} is for whatever {statement['Principal']} does for anybody"


def allowed(cfn, function):
    """What a function may do to the table: the actions, by what the partitions begin with."""
    for statement in role_statements(cfn, function):
        [resource, *others] = listed(statement["Resource"])
        actions = [action for action in listed(statement["Action"]) if action.startswith("dynamodb:")]
        if others or not actions:
            continue
        if resource == {"Fn::GetAtt": ["Table", "Arn"]}:
            condition = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
            kinds = [keys.removesuffix("*") for keys in condition.get("dynamodb:LeadingKeys", ["every partition*"])]
        elif isinstance(resource, dict) and resource.get("Fn::Sub", "").startswith("${Table.Arn}/"):
            kinds = [resource["Fn::Sub"].removeprefix("${Table.Arn}/")]
        else:
            continue
        yield from ((kind, action.removeprefix("dynamodb:")) for kind in kinds for action in actions)


def state(sam, cfn):
    """Each function may do to the table what it does, and no more."""
    asked = json.loads(ASKED.read_text())
    crates = binaries(sam)
    for name, function in of_type(cfn, "AWS::Lambda::Function").items():
        does = {(kind, action) for kind, actions in asked.get(crates[name], {}).items() for action in actions}
        may = set(allowed(cfn, function["Properties"]))
        yield from (f"{crates[name]} does {action} on {kind} and may not" for kind, action in sorted(does - may))
        yield from (f"{crates[name]} may do {action} on {kind} and never does" for kind, action in sorted(may - does))
