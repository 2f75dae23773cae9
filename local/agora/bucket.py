"""The customer's bucket, as Agora writes to it: to the endpoint and with the keys that the request brings."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Any, cast

from .media import Padded


class BucketRefused(Exception):
    """The bucket does not take the file."""


@cache
def _client(endpoint: str, access_key: str, secret_key: str) -> Any:
    import boto3
    from botocore.config import Config

    sdk, configure = cast(Any, boto3), cast(Any, Config)
    return sdk.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=configure(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 2},
            request_checksum_calculation="when_required",
            max_pool_connections=16,
        ),
    )


class Bucket:
    """One recording's destination."""

    def __init__(self, storage: dict[str, Any], default_endpoint: str) -> None:
        endpoint = storage.get("extensionParams", {}).get("endpoint") or default_endpoint
        self._endpoint = endpoint if "://" in endpoint else f"https://{endpoint}"
        self._storage = storage
        self._folder = "".join(f"{folder}/" for folder in storage.get("fileNamePrefix", []))

    def key(self, name: str) -> str:
        return self._folder + name

    async def write(self, name: str, content: bytes | Path | Padded) -> None:
        """Put one file, in parts if it is a padded one, never whole in memory. It gets no content type."""
        await asyncio.to_thread(self._write, self.key(name), content)

    def _write(self, key: str, content: bytes | Path | Padded) -> None:
        from boto3.exceptions import S3UploadFailedError
        from boto3.s3.transfer import TransferConfig
        from botocore.exceptions import BotoCoreError, ClientError

        client = _client(self._endpoint, self._storage["accessKey"], self._storage["secretKey"])
        bucket = self._storage["bucket"]
        try:
            if isinstance(content, bytes):
                client.put_object(Bucket=bucket, Key=key, Body=content)
            elif isinstance(content, Path):
                with content.open("rb") as body:  # upload_file would start threads for it, and send the same
                    client.put_object(Bucket=bucket, Key=key, Body=body)
            else:
                client.upload_fileobj(
                    content, bucket, key, Config=cast(Any, TransferConfig)(max_concurrency=2)
                )
        except (BotoCoreError, ClientError, S3UploadFailedError) as error:
            raise BucketRefused(str(error)) from error
