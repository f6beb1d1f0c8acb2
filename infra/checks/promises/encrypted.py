"""Who may use the key that queues, topics and mail are encrypted with: each service that writes there."""

from .mail_in import ACCOUNT, of_the_rule
from .reading import logical_id, of_type


def writers(cfn):
    """Each service that writes to something encrypted, what it writes to, and how the key knows that it may."""
    yield "ses.amazonaws.com", "the bucket and the topic of mail", of_the_rule(cfn)
    topics = {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:*"}
    yield "sns.amazonaws.com", "the queue of mail", {"ArnLike": {"aws:SourceArn": topics}}
    yield "events.amazonaws.com", "the queue of lost events", None
    yield "cloudwatch.amazonaws.com", "the topic of alarms", {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def promises(cfn):
    """One key encrypts all that is encrypted, and whoever writes there may use it, for this desk alone."""
    [(key, resource)] = of_type(cfn, "AWS::KMS::Key").items()
    statements = [s["Fn::If"][1] if "Fn::If" in s else s for s in resource["Properties"]["KeyPolicy"]["Statement"]]
    by_service = {s["Principal"]["Service"]: s for s in statements if "Service" in s["Principal"]}
    for service, where, condition in writers(cfn):
        statement = by_service.pop(service, {})
        if set(statement.get("Action", [])) != {"kms:Decrypt", "kms:GenerateDataKey"} or statement.get("Condition") != condition:
            yield f"{key}: {service} cannot write to {where}, or anybody's can"
    yield from (f"{key}: {service} may use it, and writes nowhere" for service in by_service)
    for type_ in ("AWS::SQS::Queue", "AWS::SNS::Topic"):
        for name, encrypted in of_type(cfn, type_).items():
            if logical_id(encrypted["Properties"].get("KmsMasterKeyId")) != key:
                yield f"{name}: is not encrypted with {key}"
    [(name, bucket)] = of_type(cfn, "AWS::S3::Bucket").items()
    [rule] = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    if logical_id(rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID")) != key:
        yield f"{name}: is not encrypted with {key}"
