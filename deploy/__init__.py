"""Everything that reads deploy.yaml: bundles, deployments, routes, the API document, the doctor. And one rotation.

python -m deploy bundle [name …]     build/<name>/, ready to be deployed alone
python -m deploy image               the one image of all functions, by the Containerfile
python -m deploy openapi             docs/api/openapi.json, from the contracts
python -m deploy errors              docs/api/errors.md, every code that is refused with
python -m deploy types               docs/api/*.types.ts, of the database and of the functions
python -m deploy languages           shared/languages/*.po: what people read, to be translated
python -m deploy release             releases/….json: what this release calls of the database
python -m deploy routes              wire path, verbs, callers and schedule of each function
python -m deploy render --to cloud-run|kubernetes|compose [--env …] [name …]   a folder to read and review
python -m deploy plan --to … [--env …] [name …]       how that differs from what runs
python -m deploy apply --to … [--env …] [name …]      carries it out, each command printed before it is run
python -m deploy rollback --to … [--env …] name …     the revision before it, in a minute
python -m deploy status --to … [--env …] [name …]     what runs, and whether it is ready
python -m deploy migrations --beside DIR [--closing]   theirs and ours in one folder, for a platform that is in use
python -m deploy doctor [name …]     what is wrong with the environment, a line for each
python -m deploy rotate-banking-keys   seals anew every bank number that is not under the current key
python -m deploy platform-parts      what the migrations made in auth and storage, as SQL: after a restore
python -m deploy verify-audit-log    whether the audit log is whole, and the head of its chain
"""
