"""Who may do what, as far as it can be read: roles, and the policies of buckets, topics and queues.

What each role comes to, an evaluator says: `privileges.py`.
"""

from .reading import listed, of_type

RESOURCE_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")


def roles(cfn):
    """Actions by name, and nothing that AWS manages."""
    for name, role in of_type(cfn, "AWS::IAM::Role").items():
        if role["Properties"].get("ManagedPolicyArns"):
            yield f"{name}: has managed policies"
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                # NotAction and NotResource allow all the rest; Deny is a rule that this is not made of.
                if statement["Effect"] != "Allow" or not {"Sid", "Action", "Resource"} <= set(statement):
                    yield f"{name}: {statement} is not what it allows on what"
                elif any("*" in action for action in listed(statement["Action"])):
                    yield f"{name}: {statement['Sid']} allows {listed(statement['Action'])}"


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
