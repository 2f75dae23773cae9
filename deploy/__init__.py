"""Everything that reads deploy.yaml: bundles, manifests, routes, the API document, the doctor. And one rotation.

python -m deploy bundle [name …]     build/<name>/, ready to be deployed alone
python -m deploy image               the one image of all functions, by the Containerfile
python -m deploy openapi             docs/api/openapi.json, from the contracts
python -m deploy routes              wire path, verbs, callers and schedule of each function
python -m deploy manifest [name …]   a Knative service per function, for the settings found in the environment
python -m deploy doctor [name …]     what is wrong with the environment, a line for each
python -m deploy rotate-banking-keys   seals anew every bank number that is not under the current key
python -m deploy verify-audit-log    whether the audit log is whole, and the head of its chain
"""
