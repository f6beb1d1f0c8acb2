"""What a month costs: the counts of tests/store/costs.rs times list prices.

    python3 infra/checks/bill.py            # the table, as README.md has it
    python3 infra/checks/bill.py --check    # whether README.md has it

Counts are what the tests counted. What no test can count is under ASSUMED, and said in the README.
"""

import math
import re
import sys

from promises.metrics import told
from promises.reading import INFRA, ROOT

COUNTED = ROOT / "tests/store/snapshots/store__costs__what_each_job_costs.snap"
README = ROOT / "README.md"

# US East (N. Virginia), in US dollars, as AWS lists them; after what is free for ever. As they were known on
# 25 November 2026, without a look at AWS's pages, which nothing here can reach: look there before you budget.
PRICES = {
    "Lambda, a million requests": 0.20,
    "Lambda on arm64, a GB-second": 0.0000133334,
    "DynamoDB on demand, a million writes": 0.625,
    "DynamoDB on demand, a million reads": 0.125,
    "DynamoDB, a GB-month, and one of point-in-time recovery": 0.25 + 0.20,
    "SES, a thousand e-mails": 0.10,
    "SES, a thousand mails that come in, and their chunk of 256 KB": 0.10 + 0.09,
    "API Gateway, a million HTTP requests": 1.00,
    "S3, a thousand PUT and GET": 0.0054,
    "SQS, a million requests": 0.40,
    "SNS, a million notifications": 0.50,
    "CloudWatch, a GB of logs": 0.50,
    "CloudWatch, a metric": 0.30,
    "CloudWatch, an alarm on a metric": 0.10,
    "X-Ray, a million traces": 5.00,
    "KMS, a key": 1.00,
    "Secrets Manager, a secret": 0.40,
}
FREE = {"Lambda requests": 1e6, "GB-seconds": 400e3, "SQS requests": 1e6, "metrics": 10, "alarms": 10, "traces": 100e3, "logs, GB": 5}
ASSUMED = {
    "seconds of a call": 0.03,
    "GB of a function": 0.125,
    "KB of log of a call": 1.0,
    "KB stored of a P1": 10.0,
    # At worst three sweeps at any time, which wait for what is due.
    "GB-seconds of sweeps, at most": 3 * 30 * 86400 * 0.125,
    # Each of a P1's six deadlines and warnings has two sweeps wait for it, a minute on average.
    "GB-seconds of sweeps for a P1": 6 * 2 * 60 * 0.125,
}
# X-Ray's own rule: the first call of a second, and of the others so many.
SAMPLED = 0.05
SECONDS = 30 * 86400
# What each sweep tells, whether anything is due or not.
QUIET = {"SweepHeartbeat", "OldestOverdue", "DueSoon", "OldestPendingEmail"}
# receive-email has more than the others.
GB_OF_RECEIVE_EMAIL = 0.5
SWEEPS = 30 * 24 * 60
SQS_POLLS = 650e3
MONTHS = (0, 1_000, 100_000, 10_000_000)


def counted():
    """RCU, WCU, Lambda, written and sent of each job."""
    lines = re.findall(r"^(.+?)  +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)  (.*)$", COUNTED.read_text(), re.MULTILINE)
    return {
        job: dict(zip(("reads", "writes", "calls", "written", "sent"), map(int, figures)), transactions=sum(map(int, re.findall(r"TransactWriteItems (\d+)", requests))))
        for job, *figures, requests in lines
    }


def watched():
    """How many metrics an idle desk tells, a busy one tells, and alarms watch."""
    template = (INFRA / "template.yaml").read_text()
    alarms = re.findall(r"^  \w+Alarm:\n(?:    .*\n)+", template, re.MULTILINE)
    watches = sum(max(alarm.count("MetricName:"), 1) for alarm in alarms)
    # In total, and by each value of its dimensions.
    busy = sum(1 + sum(map(len, metric["by"].values())) for metric in told().values())
    return len(QUIET), busy, watches


def traces(calls):
    """How many of a month's calls X-Ray samples, if they come at random."""
    seconds_with_a_call = SECONDS * (1 - math.exp(-calls / SECONDS))
    return seconds_with_a_call + SAMPLED * (calls - seconds_with_a_call)


def beyond(what, amount):
    return max(amount - FREE[what], 0)


def bill(p1s):
    jobs = counted()
    life, idle = jobs["the whole life of a P1 by e-mail, all e-mails, all events"], jobs["an idle sweep"]
    quiet, busy, alarms = watched()
    calls = p1s * life["calls"] + SWEEPS
    receiving = p1s * ASSUMED["seconds of a call"] * (GB_OF_RECEIVE_EMAIL - ASSUMED["GB of a function"])
    sweeping = min(p1s * ASSUMED["GB-seconds of sweeps for a P1"], ASSUMED["GB-seconds of sweeps, at most"])
    seconds = calls * ASSUMED["seconds of a call"] * ASSUMED["GB of a function"] + receiving + sweeping
    price = PRICES
    return {
        "SES": p1s * (life["sent"] * price["SES, a thousand e-mails"] + price["SES, a thousand mails that come in, and their chunk of 256 KB"]) / 1e3,
        "DynamoDB": p1s * life["writes"] / 1e6 * price["DynamoDB on demand, a million writes"]
        + (p1s * life["reads"] + SWEEPS * idle["reads"]) / 1e6 * price["DynamoDB on demand, a million reads"]
        + p1s * ASSUMED["KB stored of a P1"] / 1e6 * price["DynamoDB, a GB-month, and one of point-in-time recovery"],
        "Lambda": beyond("Lambda requests", calls) / 1e6 * price["Lambda, a million requests"] + beyond("GB-seconds", seconds) * price["Lambda on arm64, a GB-second"],
        "API Gateway": p1s * (life["transactions"] - 1) / 1e6 * price["API Gateway, a million HTTP requests"],
        "S3, SNS, SQS": p1s / 1e3 * price["S3, a thousand PUT and GET"] + p1s / 1e6 * price["SNS, a million notifications"] + beyond("SQS requests", SQS_POLLS + 3 * p1s) / 1e6 * price["SQS, a million requests"],
        "CloudWatch, X-Ray": beyond("logs, GB", calls * ASSUMED["KB of log of a call"] / 1e6) * price["CloudWatch, a GB of logs"]
        + beyond("metrics", busy if p1s else quiet) * price["CloudWatch, a metric"]
        + beyond("alarms", alarms) * price["CloudWatch, an alarm on a metric"]
        + beyond("traces", traces(calls)) / 1e6 * price["X-Ray, a million traces"],
        "KMS, Secrets Manager": price["KMS, a key"] + 2 * price["Secrets Manager, a secret"],
    }


def table():
    bills = [bill(p1s) for p1s in MONTHS]
    yield "| a month with | " + " | ".join("nothing" if p1s == 0 else f"{p1s:,} P1s" for p1s in MONTHS) + " |"
    yield "|---|" + "---:|" * len(MONTHS)
    for line in bills[0]:
        yield f"| {line} | " + " | ".join(f"{b[line]:,.2f}" for b in bills) + " |"
    yield "| **US dollars** | " + " | ".join(f"**{sum(b.values()):,.2f}**" for b in bills) + " |"


def main(*options):
    text = "\n".join(table())
    if options == ("--check",) and text not in README.read_text():
        print("README.md has another bill than this:", text, sep="\n")
        return 1
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
