"""What we ask Agora to record, and how: the `clientRequest` of a start."""

import re
from typing import Any, Literal, Protocol

from .recorder import INDIVIDUAL_CONFIG, Recorder

Orientation = Literal["landscape", "portrait"]

# Agora recommends 300: its default of 30 s ends the recording of everybody who loses the network for a moment.
IDLE_SECONDS = 300
MIX_PICTURES: dict[Orientation, tuple[int, int]] = {"landscape": (1280, 720), "portrait": (720, 1280)}
MIX_FRAMES_PER_SECOND = 15
MIX_KBPS = 1130  # Agora's figure for 720p at 15 frames
BEST_FIT_LAYOUT = 1
LARGEST_UID_IN_GROUP = (2, 7, 12, 17, 32, 49)  # how many people Agora's subscribeUidGroup 0, 1, 2 … reaches
MOST_PEOPLE = LARGEST_UID_IN_GROUP[-1]
OTHER_S3 = 11

_FOLDER = re.compile(r"[A-Za-z0-9]+")
LONGEST_PREFIX = 128


class Bucket(Protocol):
    """Where Agora writes: see `RecordingBucketSettings`."""

    @property
    def recording_s3_endpoint(self) -> str: ...

    @property
    def recording_s3_bucket(self) -> str: ...

    @property
    def recording_s3_access_key(self) -> str: ...

    @property
    def recording_s3_secret_key(self) -> str: ...

    @property
    def recording_s3_vendor(self) -> int: ...

    @property
    def recording_s3_region_code(self) -> int: ...


def start_request(
    recorder: Recorder,
    token: str,
    bucket: Bucket,
    prefix: tuple[str, ...],
    *,
    people: int,
    orientation: Orientation = "landscape",
    is_live: bool = False,
) -> dict[str, Any]:
    """The `clientRequest` that records everybody in the channel into `prefix` of the bucket.

    It holds the bucket's keys: never log it. `is_live` must equal the channel profile of the browsers' SDK
    (the platform joins in `rtc` mode, which is not live). `people` may come at most: whoever is one too many is not in
    an individual recording.
    """
    # No subscribe lists: naming one kind of stream would silence the other, and an empty list records nobody.
    recording: dict[str, Any] = {
        "channelType": int(is_live),
        "streamTypes": 2,
        "maxIdleTime": IDLE_SECONDS,
        "privateParams": '{"correctEXTINF":true}',
    }
    request: dict[str, Any] = {
        "token": token,
        "recordingConfig": recording,
        "storageConfig": _storage(bucket, prefix),
    }
    if recorder.mode == "mix":
        width, height = MIX_PICTURES[orientation]
        recording["transcodingConfig"] = {
            "width": width,
            "height": height,
            "fps": MIX_FRAMES_PER_SECOND,
            "bitrate": MIX_KBPS,
            "mixedVideoLayout": BEST_FIT_LAYOUT,
            "backgroundColor": "#000000",
        }
        # Both: an MP4 alone is refused, and is always written in addition to the slices.
        request["recordingFileConfig"] = {"avFileType": ["hls", "mp4"]}
    else:
        # Individual recordings have slices only.
        recording |= {"subscribeUidGroup": _uid_group(people), **INDIVIDUAL_CONFIG}
    return request


def _storage(bucket: Bucket, prefix: tuple[str, ...]) -> dict[str, Any]:
    if not all(_FOLDER.fullmatch(folder) for folder in prefix) or len("/".join(prefix)) > LONGEST_PREFIX:
        raise ValueError("A recording's prefix is folders of letters and digits, 128 characters in all.")
    storage: dict[str, Any] = {
        "vendor": bucket.recording_s3_vendor,
        "region": bucket.recording_s3_region_code,
        "bucket": bucket.recording_s3_bucket,
        "accessKey": bucket.recording_s3_access_key,
        "secretKey": bucket.recording_s3_secret_key,
        "fileNamePrefix": list(prefix),
    }
    if bucket.recording_s3_vendor == OTHER_S3:
        # Agora's sample shows a bare host; https is what it speaks.
        storage["extensionParams"] = {"endpoint": bucket.recording_s3_endpoint.removeprefix("https://")}
    return storage


def _uid_group(people: int) -> int:
    for group, most in enumerate(LARGEST_UID_IN_GROUP):
        if people <= most:
            return group
    raise ValueError(f"An individual recording holds {MOST_PEOPLE} people at most.")
