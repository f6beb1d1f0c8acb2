"""What template.yaml promises, a file for each part of the stack.

A promise is a function that yields a sentence for each way in which it is not kept. It is handed the
template as it is written (`sam`), as CloudFormation gets it (`cfn`), or both, and asks nobody else.
"""
