"""What became of an e-mail: SES tells of the desk's own, and what cannot be recorded is not lost."""

from .mail_in import policy_of, writers
from .reading import function_of, logical_id, of_type

# What SES is asked to tell, and what EventBridge calls it.
TOLD = {
    "SEND": "Email Sent",
    "DELIVERY": "Email Delivered",
    "BOUNCE": "Email Bounced",
    "COMPLAINT": "Email Complaint Received",
    "REJECT": "Email Rejected",
    "DELIVERY_DELAY": "Email Delivery Delayed",
    "RENDERING_FAILURE": "Email Rendering Failed",
}
DEFAULT_BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"


def configuration_set(sam, cfn):
    """The desk sends with its own configuration set and no other, and SES tells all that is recorded."""
    [(name, resource)] = of_type(cfn, "AWS::SES::ConfigurationSet").items()
    function, p = function_of(sam, cfn, "dispatch-email")
    if p["Environment"]["Variables"].get("CONFIGURATION_SET") != {"Ref": name}:
        yield f"{function}: CONFIGURATION_SET is not {name}"
    if sorted(resource["Properties"].get("SuppressionOptions", {}).get("SuppressedReasons", [])) != ["BOUNCE", "COMPLAINT"]:
        yield f"{name}: SES tries dead addresses again, or does as the account is set"
    [destination] = of_type(cfn, "AWS::SES::ConfigurationSetEventDestination").values()
    d = destination["Properties"]
    event = d["EventDestination"]
    if logical_id(d["ConfigurationSetName"]) != name or not event.get("Enabled") or set(event["MatchingEventTypes"]) != set(TOLD):
        yield f"{name}: SES does not tell {sorted(TOLD)}"
    if event.get("EventBridgeDestination") != {"EventBusArn": {"Fn::Sub": DEFAULT_BUS}}:
        yield f"{name}: SES does not tell EventBridge"


def event_rule(sam, cfn):
    """Every such event of this configuration set, and of no other, is handed to record-delivery."""
    [name] = of_type(cfn, "AWS::SES::ConfigurationSet")
    function, _ = function_of(sam, cfn, "record-delivery")
    [(rule, resource)] = of_type(cfn, "AWS::Events::Rule").items()
    pattern = resource["Properties"]["EventPattern"]
    if pattern.get("source") != ["aws.ses"] or set(pattern.get("detail-type", [])) != set(TOLD.values()):
        yield f"{rule}: matches {pattern.get('detail-type')} of {pattern.get('source')}"
    if pattern.get("detail") != {"mail": {"tags": {"ses:configuration-set": [{"Ref": name}]}}}:
        yield f"{rule}: matches e-mails that are not the desk's, or none"
    [target] = resource["Properties"]["Targets"]
    if logical_id(target["Arn"]) != function:
        yield f"{rule}: does not call {function}"
    callers = [p["Properties"] for p in of_type(cfn, "AWS::Lambda::Permission").values() if logical_id(p["Properties"]["FunctionName"]) == function]
    if [(c["Principal"], logical_id(c.get("SourceArn"))) for c in callers] != [("events.amazonaws.com", rule)]:
        yield f"{function}: others than {rule} may call it, or nobody"


def lost_events(sam, cfn):
    """What EventBridge or Lambda gives up on lies in a queue, which takes it from them alone."""
    function, _ = function_of(sam, cfn, "record-delivery")
    [(rule, resource)] = of_type(cfn, "AWS::Events::Rule").items()
    [target] = resource["Properties"]["Targets"]
    queue = logical_id(target.get("DeadLetterConfig", {}).get("Arn"))
    if queue not in of_type(cfn, "AWS::SQS::Queue"):
        yield f"{rule}: what it gives up on is gone"
    configs = [c["Properties"] for c in of_type(cfn, "AWS::Lambda::EventInvokeConfig").values() if logical_id(c["Properties"]["FunctionName"]) == function]
    failed = [logical_id(c.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")) for c in configs]
    if failed != [queue] or configs[0].get("MaximumRetryAttempts") != 2 or configs[0].get("MaximumEventAgeInSeconds") != 21600:
        yield f"{function}: what it fails at is not tried twice more and then kept in {queue}"
    _, statements = policy_of(cfn, "AWS::SQS::QueuePolicy", "Queues", queue)
    got = [(s["Principal"], s["Action"], s.get("Condition")) for s in writers(statements)]
    source = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}
    if got != [({"Service": "events.amazonaws.com"}, "sqs:SendMessage", source)]:
        yield f"{queue}: others than {rule} may write to it, or nobody: {got}"


def promises(sam, cfn):
    yield from configuration_set(sam, cfn)
    yield from event_rule(sam, cfn)
    yield from lost_events(sam, cfn)
