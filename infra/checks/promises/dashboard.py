"""The dashboard and the alarms: each metric that they show or watch, somebody tells."""

import json
import re

from .reading import INFRA, of_type

# Written by a test from what the functions tell in its story.
METRICS = INFRA / "checks/metrics.json"
# What AWS tells of its own services, where it says so, and by which dimensions.
AWS_METRICS = {
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": ({"FunctionName"}, {"Errors", "Throttles"}),
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": ({"ApiId"}, {"Count", "4xx", "5xx"}),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    "AWS/SQS": ({"QueueName"}, {"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"}),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    "AWS/DynamoDB": (
        {"TableName"},
        {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
    ),
    # https://docs.aws.amazon.com/ses/latest/dg/reputationdashboardmessages.html
    "AWS/SES": (set(), {"Reputation.BounceRate", "Reputation.ComplaintRate"}),
}
OWN = "${MetricsNamespace}"
WIDTH = 24


def body(cfn):
    """The widgets, with what CloudFormation puts in left as it stands in the template."""
    [dashboard] = of_type(cfn, "AWS::CloudWatch::Dashboard").values()
    text, values = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    # The list of alarms goes on with those of mail, where there is any.
    alarms = values["MailAlarms"]["Fn::If"][1]["Fn::Sub"]
    return json.loads(text.replace("${MailAlarms}", alarms))["widgets"]


def shown(widget):
    """Each metric of a widget: namespace, name, dimensions."""
    for namespace, name, *rest in widget["properties"].get("metrics", []):
        of = [value for value in rest if isinstance(value, str)]
        yield namespace, name, dict(zip(of[::2], of[1::2]))


def watched(cfn):
    """Each metric that an alarm watches: the alarm, namespace, name, dimensions."""
    for alarm, resource in of_type(cfn, "AWS::CloudWatch::Alarm").items():
        p = resource["Properties"]
        metrics = [p] if "MetricName" in p else [q["MetricStat"]["Metric"] for q in p["Metrics"] if "MetricStat" in q]
        for metric in metrics:
            namespace = OWN if metric["Namespace"] == {"Ref": "MetricsNamespace"} else metric["Namespace"]
            yield alarm, namespace, metric["MetricName"], {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}


def untold(namespace, name, dimensions, told):
    """Why nothing is seen of a metric; None if something is."""
    if namespace == OWN:
        if name not in told:
            return f"{name}, which nobody tells"
        by = told[name]["by"]
        wrong = [f"{key} {value}" for key, value in dimensions.items() if value not in by.get(key, [])]
        return f"{name} by {', '.join(wrong)}, which nobody tells" if wrong else None
    keys, names = AWS_METRICS.get(namespace, (set(), set()))
    if name not in names or set(dimensions) != keys:
        return f"{namespace} {name} by {sorted(dimensions)}, which AWS does not tell"
    return None


def promises(cfn):
    told = json.loads(METRICS.read_text())
    names = cfn["Resources"].keys() | cfn["Parameters"].keys()
    taken = {}
    for widget in body(cfn):
        p = widget["properties"]
        title = p.get("title", p.get("markdown"))
        for namespace, name, dimensions in shown(widget):
            why = untold(namespace, name, dimensions, told)
            if why:
                yield f"dashboard: {title!r} shows {why}"
        for name in re.findall(r"\$\{(\w+)[.}]", json.dumps(widget)):
            if name not in names | {"AWS", "WaitingMail", "LostMail"}:
                yield f"dashboard: {title!r} is of {name}, which is not in the template"
        for x in range(widget["x"], widget["x"] + widget["width"]):
            for y in range(widget["y"], widget["y"] + widget["height"]):
                if x >= WIDTH or taken.setdefault((x, y), title) != title:
                    yield f"dashboard: {title!r} lies on {taken.get((x, y))!r} or beyond the edge"
                    break
    for alarm, namespace, name, dimensions in watched(cfn):
        why = untold(namespace, name, dimensions, told)
        if why:
            yield f"{alarm} watches {why}"
    listed = set(re.findall(r"\$\{(\w+)\.Arn\}", json.dumps([w for w in body(cfn) if w["type"] == "alarm"])))
    for alarm in sorted(of_type(cfn, "AWS::CloudWatch::Alarm").keys() - listed):
        yield f"dashboard: does not show {alarm}"


def table(cfn):
    """The widgets from top to bottom, as Markdown."""
    told = json.loads(METRICS.read_text())
    yield "| widget | metrics | told by |"
    yield "|---|---|---|"
    for widget in sorted(body(cfn), key=lambda w: (w["y"], w["x"])):
        if widget["type"] != "metric":
            continue
        metrics = list(shown(widget))
        names = dict.fromkeys(name for _, name, _ in metrics)
        by = dict.fromkeys(f for namespace, name, _ in metrics for f in (told[name]["functions"] if namespace == OWN else [namespace]))
        yield f"| {widget['properties']['title']} | {', '.join(names)} | {', '.join(by)} |"
