"""What is kept, and who hears when something is wrong."""

import json

from .reading import INFRA, logical_id, of_type

# What the functions tell in the stories of tests/scenarios/metrics.rs, which writes this file.
METRICS = INFRA / "checks/metrics.json"
# What tells no trouble by itself: what happened, how long it took, and what the desk mends by itself.
CALM = {
    *("Incidents", "Escalations", "Breaches", "PromisesKept", "ResponseTime", "AcknowledgementTime", "ResolutionTime"),
    *("EmailsRequeued", "Mails", "MailsHeld", "UnknownEmails"),
}
VISIBLE = "ApproximateNumberOfMessagesVisible"
HIDDEN = "ApproximateNumberOfMessagesNotVisible"


def watched(cfn):
    """Each metric that an alarm looks at: its namespace, its name, and of what it is."""
    for alarm in of_type(cfn, "AWS::CloudWatch::Alarm").values():
        p = alarm["Properties"]
        for metric in [p, *(q["MetricStat"]["Metric"] for q in p.get("Metrics", []) if "MetricStat" in q)]:
            of = {d["Name"]: logical_id(d["Value"]) for d in metric.get("Dimensions", [])}
            yield metric.get("Namespace"), metric.get("MetricName"), of


def alarms(cfn):
    """What a person has to know of, a person hears of: each metric that is told and is not calm."""
    metrics = {metric for _, metric, _ in watched(cfn)}
    own = [(metric, sorted(of)) for namespace, metric, of in watched(cfn) if namespace == {"Ref": "MetricsNamespace"}]
    told = json.loads(METRICS.read_text())
    for metric in sorted(CALM - told.keys()):
        yield f"{metric} is calm, and nobody tells it"
    for metric in sorted((told.keys() | {"5xx"}) - CALM - metrics):
        yield f"no alarm watches {metric}"
    for metric, dimensions in own:
        if metric not in told:
            yield f"an alarm watches {metric}, which nobody tells: it never rings"
        elif dimensions not in told[metric]["dimensions"]:
            yield f"an alarm watches {metric} by {dimensions}, which nobody tells: it never rings"


def queues(cfn):
    """What lies in a queue is encrypted, kept for 14 days, and somebody hears of it."""
    seen = {(metric, of.get("QueueName")) for _, metric, of in watched(cfn)}
    for name, queue in of_type(cfn, "AWS::SQS::Queue").items():
        p = queue["Properties"]
        if p.get("SqsManagedSseEnabled") is not True:
            yield f"{name}: is not encrypted"
        if p.get("MessageRetentionPeriod") != 1209600:
            yield f"{name}: forgets before 14 days have passed"
        # Where mail is tried again and again, it is hidden most of the time.
        for metric in (VISIBLE, HIDDEN) if "RedrivePolicy" in p else (VISIBLE,):
            if (metric, name) not in seen:
                yield f"{name}: no alarm watches {metric}"


def table(cfn):
    """The state survives the stack, a slip of the hand, and a bad release."""
    for name, resource in of_type(cfn, "AWS::DynamoDB::Table").items():
        p = resource["Properties"]
        promises = {
            "outlives the stack": resource.get("DeletionPolicy") == "Retain",
            "outlives a replacement": resource.get("UpdateReplacePolicy") == "Retain",
            "is protected from deletion": p.get("DeletionProtectionEnabled") is True,
            "can be restored to a point in time": p.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is True,
            "forgets what has expired": p.get("TimeToLiveSpecification") == {"AttributeName": "expires_at", "Enabled": True},
            "has a stream with new images": p.get("StreamSpecification", {}).get("StreamViewType") in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"),
        }
        yield from (f"{name}: not true that it {promise}" for promise, kept in promises.items() if not kept)
