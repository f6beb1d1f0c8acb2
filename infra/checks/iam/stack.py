"""What a translated template comes to once it is deployed: intrinsics resolved, with names of an example."""

import re

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "desk",
    "AWS::URLSuffix": "amazonaws.com",
}
ARN = "arn:aws:{}:eu-west-1:123456789012:"
# What a Ref and what a GetAtt of Arn give, by type; everything else has its logical id for a name.
REFS = {
    "AWS::Logs::LogGroup": "{properties[LogGroupName]}",
    "AWS::S3::Bucket": "{lower}",
    "AWS::SecretsManager::Secret": ARN.format("secretsmanager") + "secret:{name}-AbCdEf",
    "AWS::SNS::Topic": ARN.format("sns") + "{name}",
    "AWS::SQS::Queue": "https://sqs.eu-west-1.amazonaws.com/123456789012/{name}",
}
ARNS = {
    "AWS::DynamoDB::Table": ARN.format("dynamodb") + "table/{name}",
    "AWS::Events::Rule": ARN.format("events") + "rule/{name}",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/{name}",
    "AWS::KMS::Key": ARN.format("kms") + "key/{name}",
    "AWS::Lambda::Function": ARN.format("lambda") + "function:{name}",
    "AWS::Logs::LogGroup": ARN.format("logs") + "log-group:{properties[LogGroupName]}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{lower}",
    "AWS::Scheduler::ScheduleGroup": ARN.format("scheduler") + "schedule-group/{name}",
    "AWS::SQS::Queue": ARN.format("sqs") + "{name}",
}
STREAM = "{arn}/stream/2026-11-24T08:00:00.000"
NO_VALUE = object()


class Stack:
    """A template, deployed with these parameters."""

    def __init__(self, cfn, parameters):
        self.cfn = cfn
        self.parameters = {name: str(p["Default"]) for name, p in cfn["Parameters"].items() if "Default" in p} | parameters

    def holds(self, condition):
        return self.is_true(self.cfn["Conditions"][condition])

    def is_true(self, value):
        [(operation, operands)] = value.items()
        if operation == "Condition":
            return self.holds(operands)
        if operation == "Fn::Equals":
            return self.resolved(operands[0]) == self.resolved(operands[1])
        return {"Fn::Not": lambda v: not v[0], "Fn::And": all, "Fn::Or": any}[operation]([self.is_true(v) for v in operands])

    def resources(self, type_):
        """Those that are in the stack, with what they say."""
        for name, resource in self.cfn["Resources"].items():
            if resource["Type"] == type_ and ("Condition" not in resource or self.holds(resource["Condition"])):
                yield name, resource.get("Properties", {})

    def resolved(self, value):
        """The value without intrinsics. One that is not known here is an error."""
        if isinstance(value, list):
            return [v for v in map(self.resolved, value) if v is not NO_VALUE]
        if not isinstance(value, dict) or not value:
            return value
        [name, *more] = value
        if not more and (name == "Ref" or name.startswith("Fn::")):
            return self.intrinsic(name, value[name])
        return {key: v for key, v in ((key, self.resolved(v)) for key, v in value.items()) if v is not NO_VALUE}

    def intrinsic(self, name, value):
        match name:
            case "Ref":
                return self.ref(value)
            case "Fn::GetAtt":
                return self.attribute(*(value if isinstance(value, list) else value.split(".", 1)))
            case "Fn::Sub":
                return self.substituted(*(value if isinstance(value, list) else (value, {})))
            case "Fn::If":
                return self.resolved(value[1] if self.holds(value[0]) else value[2])
            case "Fn::Join":
                return value[0].join(self.resolved(value[1]))
            case "Fn::Select":
                return self.resolved(value[1])[int(value[0])]
            case "Fn::Split":
                return self.resolved(value[1]).split(value[0])
        raise NotImplementedError(f"{name} is not known here")

    def ref(self, name):
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.cfn["Resources"]:
            return self.named(REFS, "{name}", name)
        return PSEUDO[name] if name in PSEUDO else self.parameters[name]

    def attribute(self, name, attribute):
        if attribute == "StreamArn":
            return STREAM.format(arn=self.named(ARNS, None, name))
        return self.named(ARNS, None, name) if attribute == "Arn" else f"{name}.{attribute}"

    def substituted(self, text, given):
        def one(match):
            name = match[1]
            if name in given:
                return self.resolved(given[name])
            return self.attribute(*name.split(".", 1)) if "." in name else self.ref(name)

        return re.sub(r"\$\{([^}!]+)\}", one, text)

    def named(self, forms, other, name):
        resource = self.cfn["Resources"][name]
        form = forms.get(resource["Type"], other)
        if form is None:
            raise NotImplementedError(f"the ARN of {name}, {resource['Type']}, is not known here")
        properties = self.resolved(resource["Properties"]) if "{properties" in form else {}
        return form.format(name=name, lower=name.lower(), properties=properties)
