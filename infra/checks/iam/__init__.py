"""Each role of the stack, held to what is done with it.

What the functions ask of AWS is in `asked.json`, recorded by tests/roles; what AWS does with their roles is in
`by_aws.py`. `stack.py` says what the template comes to once it is deployed, and `evaluate.cjs` has an evaluator of IAM
decide. `holding.py` asks it: is each call allowed, is each thing that is allowed needed, is a stranger refused.
"""
