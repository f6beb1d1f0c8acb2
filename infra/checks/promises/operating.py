"""Who hears when something is wrong."""

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
    """Somebody hears of what lies in a queue."""
    seen = {(metric, of.get("QueueName")) for _, metric, of in watched(cfn)}
    for name, queue in of_type(cfn, "AWS::SQS::Queue").items():
        # Where mail is tried again and again, it is hidden most of the time.
        for metric in (VISIBLE, HIDDEN) if "RedrivePolicy" in queue["Properties"] else (VISIBLE,):
            if (metric, name) not in seen:
                yield f"{name}: no alarm watches {metric}"
