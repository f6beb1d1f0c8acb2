"""Mail comes in: from SES alone, through a bucket and a queue, and none of it is lost on the way."""

from .reading import function_of, listed, logical_id, of_type, property_of, role_statements

# A mail survives the table being away for so long, and so long does a person have to look after it.
OUTAGE = 3 * 60 * 60
KEPT = 1209600
ACCOUNT = {"Ref": "AWS::AccountId"}
RULE_ARN = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:receipt-rule-set/${RuleSet}:receipt-rule/"


def the_rule(cfn):
    """The receipt rule, and its action, which puts mail into the bucket and tells the topic."""
    [(name, rule)] = of_type(cfn, "AWS::SES::ReceiptRule").items()
    [action] = rule["Properties"]["Rule"]["Actions"]
    return name, rule, action["S3Action"]


def policy_of(cfn, type_, where, name):
    """The logical id and the statements of the policy of a bucket, topic or queue."""
    for id_, policy in of_type(cfn, type_).items():
        if name in map(logical_id, listed(policy["Properties"][where])):
            return id_, policy["Properties"]["PolicyDocument"]["Statement"]
    return None, []


def writers(statements):
    return [statement for statement in statements if statement["Effect"] == "Allow"]


def rule(cfn):
    """SES takes every mail for the domain, whoever it comes from, and may deliver it."""
    name, resource, action = the_rule(cfn)
    p = resource["Properties"]["Rule"]
    if p.get("Recipients") != [{"Ref": "InboundDomain"}]:
        yield f"{name}: is for {p.get('Recipients')}, which may leave out reply addresses"
    if p.get("TlsPolicy") != "Optional":
        yield f"{name}: turns away who cannot do TLS"
    if "After" in resource["Properties"]:
        yield f"{name}: is not the first of its set"
    wanted = {
        policy_of(cfn, "AWS::S3::BucketPolicy", "Bucket", logical_id(action["BucketName"]))[0],
        policy_of(cfn, "AWS::SNS::TopicPolicy", "Topics", logical_id(action["TopicArn"]))[0],
    }
    if not wanted <= set(listed(resource.get("DependsOn", []))):
        yield f"{name}: may be made before SES may write, and is then refused"


def of_the_rule(cfn):
    """The condition that it is SES of this account, for this rule."""
    _, resource, _ = the_rule(cfn)
    p = resource["Properties"]
    arn = {"Fn::Sub": [RULE_ARN + p["Rule"]["Name"]["Fn::Sub"], {"RuleSet": p["RuleSetName"]}]}
    return {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": arn}}


def only_ses_writes(cfn):
    """Nobody puts mail into the bucket or speaks through the topic but SES of this account, for the rule."""
    _, _, action = the_rule(cfn)
    source = of_the_rule(cfn)
    bucket, topic = logical_id(action["BucketName"]), logical_id(action["TopicArn"])
    wanted = {
        bucket: ("AWS::S3::BucketPolicy", "Bucket", "s3:PutObject", {"Fn::Sub": f"${{{bucket}.Arn}}/{action['ObjectKeyPrefix']}*"}),
        topic: ("AWS::SNS::TopicPolicy", "Topics", "sns:Publish", {"Ref": topic}),
    }
    for name, (type_, where, does, on) in wanted.items():
        _, statements = policy_of(cfn, type_, where, name)
        got = [{key: s.get(key) for key in ("Principal", "Action", "Resource", "Condition")} for s in writers(statements)]
        if got != [{"Principal": {"Service": "ses.amazonaws.com"}, "Action": does, "Resource": on, "Condition": source}]:
            yield f"{name}: others than SES of this account and this rule may write to it: {got}"


def kept(cfn):
    """A mail is there for as long as a person may have to look at its message."""
    if cfn["Parameters"]["MailRetentionDays"].get("MinValue", 0) * 86400 <= KEPT:
        yield "MailRetentionDays: mail may be gone while its message still waits"


def queue(sam, cfn):
    """What SES tells reaches the function as it is, and waits for it for long enough."""
    _, _, action = the_rule(cfn)
    topic = logical_id(action["TopicArn"])
    function, p = function_of(sam, cfn, "receive-email")
    subscribed = [s["Properties"] for s in of_type(cfn, "AWS::SNS::Subscription").values() if logical_id(s["Properties"]["TopicArn"]) == topic]
    if [s.get("Protocol") for s in subscribed] != ["sqs"] or subscribed[0].get("RawMessageDelivery") is not True:
        yield f"{topic}: does not deliver raw messages to one queue"
        return
    name = logical_id(subscribed[0]["Endpoint"])
    _, statements = policy_of(cfn, "AWS::SQS::QueuePolicy", "Queues", name)
    for statement in writers(statements):
        source = {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}}
        if statement["Principal"] != {"Service": "sns.amazonaws.com"} or statement.get("Condition") != source:
            yield f"{name}: others than {topic} may write to it"
    if not writers(statements):
        yield f"{name}: {topic} may not write to it"
    hidden, redrive = property_of(cfn, name, "VisibilityTimeout") or 30, property_of(cfn, name, "RedrivePolicy") or {}
    if hidden < 6 * p["Timeout"]:
        yield f"{name}: hides a message for {hidden} s, and {function} has {p['Timeout']} s"
    if redrive.get("maxReceiveCount", 0) * hidden < OUTAGE:
        yield f"{name}: gives a mail up after {redrive.get('maxReceiveCount')} times {hidden} s"
    if logical_id(redrive.get("deadLetterTargetArn")) not in of_type(cfn, "AWS::SQS::Queue"):
        yield f"{name}: what it gives up on is gone"
    mappings = [m["Properties"] for m in of_type(cfn, "AWS::Lambda::EventSourceMapping").values() if logical_id(m["Properties"]["EventSourceArn"]) == name]
    if [logical_id(m["FunctionName"]) for m in mappings] != [function]:
        yield f"{name}: does not call {function}"


def reading(sam, cfn):
    """The function reads where SES writes."""
    _, _, action = the_rule(cfn)
    name = logical_id(action["BucketName"])
    function, p = function_of(sam, cfn, "receive-email")
    if p["Environment"]["Variables"].get("MAIL_BUCKET") != {"Ref": name}:
        yield f"{function}: MAIL_BUCKET is not {name}"
    read = [s["Resource"] for s in role_statements(cfn, p) if "s3:GetObject" in listed(s["Action"])]
    written = {"Fn::Sub": f"${{{name}.Arn}}/{action['ObjectKeyPrefix']}*"}
    if read != [written]:
        yield f"{function}: may read {read}, and SES writes {written}"
    if p["MemorySize"] < 512:
        yield f"{function}: has {p['MemorySize']} MB for a mail and all its parts"


def promises(sam, cfn):
    yield from rule(cfn)
    yield from only_ses_writes(cfn)
    yield from kept(cfn)
    yield from queue(sam, cfn)
    yield from reading(sam, cfn)
