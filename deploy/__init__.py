"""Everything that reads deploy.yaml: bundles, rendered deployments, routes, the API document, the doctor. And one rotation.

python -m deploy bundle [name …]     build/<name>/, ready to be deployed alone
python -m deploy openapi             docs/api/openapi.json, from the contracts
python -m deploy routes              wire path, verbs, callers and schedule of each function
python -m deploy render --to cloud-run|kubernetes|compose [--env …] [name …]   a folder to read, review and apply
python -m deploy doctor [name …]     what is wrong with the environment, a line for each
python -m deploy rotate-banking-keys   seals anew every bank number that is not under the current key
python -m deploy verify-audit-log    whether the audit log is whole, and the head of its chain
"""
