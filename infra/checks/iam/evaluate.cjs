// Has an evaluator of IAM decide on each question that comes in, a JSON list on standard input, and
// writes what it said of each. The first argument is the folder in which its package is installed.
"use strict";

const { createRequire } = require("node:module");
const { runSimulation } = createRequire(`${process.argv[2]}/`)("@cloud-copilot/iam-simulate");

const listed = (value) => (value === undefined ? [] : [value].flat());

// Of a statement that has the action and still does not allow it: why not.
function why({ explain }) {
  const reasons = explain.resourceMatch ? [] : [`is for ${listed(explain.resources).map((r) => r.resource).join(", ")}`];
  for (const c of listed(explain.conditions).filter((c) => !c.matches)) {
    reasons.push(`wants ${c.conditionKeyValue} to be ${listed(c.values).map((v) => v.value).join(", ")}`);
  }
  return `${explain.identifier} ${reasons.join(" and ")}`;
}

async function decided(question) {
  const { role, action, resource, context, policy, resourcePolicy } = question;
  const answer = await runSimulation(
    {
      request: { principal: role, action, resource: { resource, accountId: "123456789012" }, contextVariables: context },
      identityPolicies: [{ name: "role", policy }],
      resourcePolicy,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType !== "single" || answer.result.ignoredContextKeys.length > 0) {
    throw new Error(`cannot be decided: ${JSON.stringify({ question, answer })}`);
  }
  const { identityAnalysis, resourceAnalysis } = answer.result.analysis;
  const allowing = identityAnalysis.allowStatements.map(({ explain }) => explain);
  const score = ({ explain }) => Number(explain.resourceMatch) + Number(explain.conditionMatch);
  const near = identityAnalysis.unmatchedStatements.filter(({ explain }) => explain.actionMatch);
  return {
    result: answer.overallResult,
    by: allowing.map((explain) => explain.identifier),
    // Conditions that hold because the request does not have their key: misspelt, or for nothing.
    idle: allowing.flatMap((explain) =>
      listed(explain.conditions).filter((c) => c.matchedBecauseMissing).map((c) => `${explain.identifier} on ${c.conditionKeyValue}`),
    ),
    closest: near.sort((a, b) => score(b) - score(a)).slice(0, 1).map(why)[0],
    deniedBy: listed(resourceAnalysis?.denyStatements).map(({ explain }) => explain.identifier),
  };
}

(async () => {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  const answers = [];
  for (const question of JSON.parse(text)) answers.push(await decided(question));
  process.stdout.write(JSON.stringify(answers));
})();
