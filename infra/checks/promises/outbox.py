"""The stream calls each dispatcher, and gives up at some point.

That each is woken for what waits for it, and for nothing else, is shown on real records by
tests/template/stream.rs.
"""

from .reading import binaries, logical_id, of_type

DISPATCHERS = ["dispatch-email", "dispatch-webhook"]
TABLE_STREAM = {"Fn::GetAtt": ["Table", "StreamArn"]}


def stream(sam, cfn):
    """Each dispatcher is called by the table's stream, batch by batch, and for a finite time."""
    every = of_type(cfn, "AWS::Lambda::EventSourceMapping").items()
    mappings = {name: mapping for name, mapping in every if mapping["Properties"]["EventSourceArn"] == TABLE_STREAM}
    called = [binaries(sam)[logical_id(mapping["Properties"]["FunctionName"])] for mapping in mappings.values()]
    if sorted(called) != DISPATCHERS:
        yield f"the stream calls {called}, not {DISPATCHERS}"
    for name, mapping in mappings.items():
        p = mapping["Properties"]
        if p.get("FunctionResponseTypes") != ["ReportBatchItemFailures"] or not p.get("BisectBatchOnFunctionError"):
            yield f"{name}: one bad record takes its batch with it"
        if not (0 <= p.get("MaximumRetryAttempts", -1) <= 10 and 60 <= p.get("MaximumRecordAgeInSeconds", -1) <= 86400):
            yield f"{name}: a bad record is retried for too long"
        if not p.get("DestinationConfig", {}).get("OnFailure"):
            yield f"{name}: what it gives up on is told to nobody"
