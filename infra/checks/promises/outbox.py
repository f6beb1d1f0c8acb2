"""The stream calls each dispatcher.

That each is woken for what waits for it, and for nothing else, is shown on real records by
tests/template/stream.rs.
"""

from .reading import binaries, logical_id, of_type

DISPATCHERS = ["dispatch-email", "dispatch-webhook"]
TABLE_STREAM = {"Fn::GetAtt": ["Table", "StreamArn"]}


def stream(sam, cfn):
    """Each dispatcher is called by the table's stream, and no other function is."""
    every = of_type(cfn, "AWS::Lambda::EventSourceMapping").items()
    mappings = [mapping["Properties"] for _, mapping in every if mapping["Properties"]["EventSourceArn"] == TABLE_STREAM]
    called = [binaries(sam)[logical_id(p["FunctionName"])] for p in mappings]
    if sorted(called) != DISPATCHERS:
        yield f"the stream calls {called}, not {DISPATCHERS}"
