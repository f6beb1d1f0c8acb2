"""Who hears when something is wrong."""

from .metrics import AWS_METRICS, OWN, told, untold, watched
from .reading import logical_id, of_type

# What tells no trouble by itself: what happened, how long it took, and what the desk mends by itself.
CALM = {
    *("Incidents", "Escalations", "Breaches", "PromisesKept", "ResponseTime", "AcknowledgementTime", "ResolutionTime"),
    *("DueSoon", "EmailsSent", "EmailsDelivered", "EmailsRequeued", "Mails", "MailsHeld", "UnknownEmails"),
}
# What rings when, as it was promised: the statistic, how it is compared, with what, for how many minutes, and
# what silence means. Milliseconds, and shares of e-mails: SES reviews an account at 5 and at 0.1 in 100.
RING = {
    "SweepMissingAlarm": ("Sum", "LessThanThreshold", 1, 5, "breaching"),
    "DeadlinesOverdueAlarm": ("Maximum", "GreaterThanThreshold", 120_000, 1, "notBreaching"),
    "LatenessAlarm": ("Maximum", "GreaterThanThreshold", 120_000, 1, "notBreaching"),
    "EmailsPendingAlarm": ("Maximum", "GreaterThanThreshold", 300_000, 1, "notBreaching"),
    "BounceRateAlarm": ("Maximum", "GreaterThanThreshold", 0.04, 1, "ignore"),
    "ComplaintRateAlarm": ("Maximum", "GreaterThanThreshold", 0.0008, 1, "ignore"),
}
TO_THE_TOPIC = [{"Fn::If": ["OwnsAlarmTopic", {"Ref": "AlarmTopic"}, {"Ref": "AlarmTopicArn"}]}]
VISIBLE = "ApproximateNumberOfMessagesVisible"
HIDDEN = "ApproximateNumberOfMessagesNotVisible"


def alarms(cfn):
    """What a person has to know of, a person hears of: each metric that is told and is not calm."""
    own = {metric for _, namespace, metric, _ in watched(cfn) if namespace == OWN}
    known = told()
    for metric in sorted(CALM - known.keys()):
        yield f"{metric} is calm, and nobody tells it"
    for metric in sorted(known.keys() - CALM - own):
        yield f"no alarm watches {metric}"
    for alarm, *metric in watched(cfn):
        why = untold(*metric, known)
        if why:
            yield f"{alarm} watches {why}"
    seen = {metric for *_, metric, _ in watched(cfn)}
    for metric in sorted({"5xx", "Throttles", *AWS_METRICS["AWS/SES"][1]} - seen):
        yield f"no alarm watches {metric}"


def thresholds(cfn):
    """An alarm rings when it was promised, on each metric that it is made of, and reaches the topic."""
    every = of_type(cfn, "AWS::CloudWatch::Alarm")
    for name, promised in RING.items():
        p = every[name]["Properties"]
        rings = p["Statistic"], p["ComparisonOperator"], float(p["Threshold"]), p.get("DatapointsToAlarm", p["EvaluationPeriods"]), p["TreatMissingData"]
        if rings != promised:
            yield f"{name}: rings by {rings}, not by {promised}"
    for name, alarm in every.items():
        p = alarm["Properties"]
        if name not in RING and (p["ComparisonOperator"], p["TreatMissingData"]) != ("GreaterThanThreshold", "notBreaching"):
            yield f"{name}: rings by {p['ComparisonOperator']} and {p['TreatMissingData']}"
        if [p.get("AlarmActions"), p.get("OKActions")] != [TO_THE_TOPIC, TO_THE_TOPIC]:
            yield f"{name}: does not reach the topic"
        # Of a metric of which nothing was told in a minute there is no point, and without one no sum.
        expression = " ".join(q["Expression"] for q in p.get("Metrics", []) if "Expression" in q)
        for query in (q["Id"] for q in p.get("Metrics", []) if "MetricStat" in q):
            if f"FILL({query}, 0)" not in expression:
                yield f"{name}: is silent where {query} is"


def queues(cfn):
    """Somebody hears of what lies in a queue."""
    seen = {(metric, logical_id(of.get("QueueName"))) for *_, metric, of in watched(cfn)}
    for name, queue in of_type(cfn, "AWS::SQS::Queue").items():
        # Where mail is tried again and again, it is hidden most of the time.
        for metric in (VISIBLE, HIDDEN) if "RedrivePolicy" in queue["Properties"] else (VISIBLE,):
            if (metric, name) not in seen:
                yield f"{name}: no alarm watches {metric}"
