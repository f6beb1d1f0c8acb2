"""Metrics: which there are, and which the alarms watch."""

import json

from .reading import INFRA, of_type

# What the functions tell in the stories of tests/scenarios/metrics.rs, which writes this file.
METRICS = INFRA / "checks/metrics.json"
# What AWS tells of its own services, where it says so, and by which sets of dimensions.
AWS_METRICS = {
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": ([{"FunctionName"}], {"Errors", "Throttles"}),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": ([{"ApiId"}], {"Count", "4xx", "5xx"}),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": ([{"QueueName"}], {"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"}),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    "AWS/DynamoDB": (
        [{"TableName"}, {"TableName", "GlobalSecondaryIndexName"}],
        {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
    ),
    # https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
    "AWS/SES": ([set()], {"Reputation.BounceRate", "Reputation.ComplaintRate"}),
}
OWN = "${MetricsNamespace}"


def told():
    """What is known of each metric that a function tells: unit, dimensions and their values, functions."""
    return json.loads(METRICS.read_text())


def watched(cfn):
    """Each metric that an alarm watches: the alarm, namespace, name, dimensions."""
    for alarm, resource in of_type(cfn, "AWS::CloudWatch::Alarm").items():
        p = resource["Properties"]
        metrics = [p] if "MetricName" in p else [q["MetricStat"]["Metric"] for q in p["Metrics"] if "MetricStat" in q]
        for metric in metrics:
            namespace = OWN if metric["Namespace"] == {"Ref": "MetricsNamespace"} else metric["Namespace"]
            yield alarm, namespace, metric["MetricName"], {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}


def untold(namespace, name, dimensions, known):
    """Why nothing is seen of a metric; None if something is."""
    if namespace == OWN:
        if name not in known:
            return f"{name}, which nobody tells"
        by = known[name]["by"]
        wrong = [f"{key} {value}" for key, value in dimensions.items() if value not in by.get(key, [])]
        return f"{name} by {', '.join(wrong)}, which nobody tells" if wrong else None
    by, names = AWS_METRICS.get(namespace, ([], set()))
    if name not in names or set(dimensions) not in by:
        return f"{namespace} {name} by {sorted(dimensions)}, which AWS does not tell"
    return None
