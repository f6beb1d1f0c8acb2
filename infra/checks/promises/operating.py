"""Who hears when something is wrong."""

import re

from .reading import ROOT, logical_id, of_type

TELEMETRY = ROOT / "shared/src/telemetry.rs"
# What tells no trouble by itself: what happened, how long it took, and what the desk mends by itself.
CALM = {
    *("Incidents", "Escalations", "Breaches", "PromisesKept", "ResponseTime", "AcknowledgementTime", "ResolutionTime"),
    *("EmailsRequeued", "Mails", "MailsHeld", "UnknownEmails"),
}
VISIBLE = "ApproximateNumberOfMessagesVisible"
HIDDEN = "ApproximateNumberOfMessagesNotVisible"


def watched(cfn):
    """Each metric that an alarm looks at: its namespace, its name, and the queue that it is of."""
    for alarm in of_type(cfn, "AWS::CloudWatch::Alarm").values():
        p = alarm["Properties"]
        for metric in [p, *(q["MetricStat"]["Metric"] for q in p.get("Metrics", []) if "MetricStat" in q)]:
            of = {d["Name"]: logical_id(d["Value"]) for d in metric.get("Dimensions", [])}
            yield metric.get("Namespace"), metric.get("MetricName"), of.get("QueueName")


def alarms(cfn):
    """What a person has to know of, a person hears of: each metric of telemetry.rs that is not calm."""
    metrics = {metric for _, metric, _ in watched(cfn)}
    own = {metric for namespace, metric, _ in watched(cfn) if namespace == {"Ref": "MetricsNamespace"}}
    told = set(re.findall(r'^ +Self::\w+ => "(\w+)",$', TELEMETRY.read_text(), re.MULTILINE))
    if "SweepHeartbeat" not in told or not CALM <= told:
        yield f"telemetry.rs has the metrics {sorted(told)}, which cannot be all"
    for metric in sorted((told | {"5xx"}) - CALM - metrics):
        yield f"no alarm watches {metric}"
    for metric in sorted(own - told):
        yield f"an alarm watches {metric}, which nobody tells: it never rings"


def queues(cfn):
    """Somebody hears of what lies in a queue."""
    seen = {(metric, queue) for _, metric, queue in watched(cfn)}
    for name, queue in of_type(cfn, "AWS::SQS::Queue").items():
        # Where mail is tried again and again, it is hidden most of the time.
        for metric in (VISIBLE, HIDDEN) if "RedrivePolicy" in queue["Properties"] else (VISIBLE,):
            if (metric, name) not in seen:
                yield f"{name}: no alarm watches {metric}"
