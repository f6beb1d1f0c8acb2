"""Who hears when something is wrong."""

from .metrics import AWS_METRICS, OWN, told, untold, watched
from .reading import logical_id, of_type

# What tells no trouble by itself: what happened, how long it took, and what the desk mends by itself.
CALM = {
    *("Incidents", "Escalations", "Breaches", "PromisesKept", "ResponseTime", "AcknowledgementTime", "ResolutionTime"),
    *("DueSoon", "EmailsSent", "EmailsDelivered", "EmailsRequeued", "Mails", "MailsHeld", "UnknownEmails"),
}
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


def queues(cfn):
    """Somebody hears of what lies in a queue."""
    seen = {(metric, logical_id(of.get("QueueName"))) for *_, metric, of in watched(cfn)}
    for name, queue in of_type(cfn, "AWS::SQS::Queue").items():
        # Where mail is tried again and again, it is hidden most of the time.
        for metric in (VISIBLE, HIDDEN) if "RedrivePolicy" in queue["Properties"] else (VISIBLE,):
            if (metric, name) not in seen:
                yield f"{name}: no alarm watches {metric}"
