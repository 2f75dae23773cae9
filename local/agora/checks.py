"""What Agora refuses at the door of a call. Bad tokens and bad storage keys it lets in: those fail later."""

import re
from typing import Any

LARGEST_UID = 2**32 - 1
VENDORS = (1, 2, 3, 5, 6, 7, 8, 11)
AMAZON = 1
AMAZON_REGIONS = (*range(17), *range(18, 23), 24, 25)  # agora.md §2.2.1
VENDORS_WITHOUT_REGIONS = (5, 6, 11)  # agora.md §2.2.1: their region is 0
FRAME_RATES = (1, 7, 10, 15, 24, 30, 60)
MOST_PIXELS = 1920 * 1080

_CHANNEL = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]{1,63}")
_FOLDER = re.compile(r"[A-Za-z0-9]+")


class Refused(Exception):
    """Agora's answer to a call that it does not take: HTTP status, code, reason."""

    def __init__(self, status: int, code: int, reason: str) -> None:
        self.status, self.code, self.reason = status, code, reason
        super().__init__(f"{status}/{code} {reason}")


def check_identity(operation: str, body: Any) -> dict[str, Any]:
    """Every POST names its channel and recorder, and brings a clientRequest; gives the clientRequest."""
    if not isinstance(body, dict) or not isinstance(body.get("clientRequest"), dict):
        raise _bad(operation, "clientRequest must be an object!")
    if not isinstance(body.get("cname"), str) or not _CHANNEL.fullmatch(body["cname"]):
        raise Refused(400, 401, "invalid_channel_name")
    uid = body.get("uid")
    if not isinstance(uid, str) or not uid.isdecimal() or not 1 <= int(uid) <= LARGEST_UID:
        raise _bad(operation, "invalid uid!")
    return dict(body["clientRequest"])


def check_acquire(request: dict[str, Any]) -> None:
    hours = request.get("resourceExpiredHour", 72)
    if not _whole(hours, 1, 720):
        raise _bad("Acquire", "invalid resourceExpiredHour value!")
    if request.get("scene", 0) != 0:
        raise _bad("Acquire", "this emulator records channels only (scene 0)!")


def check_start(mode: str, request: dict[str, Any]) -> None:
    """The shape of a start. The order is the order in which a newcomer would want to hear of it."""
    _check_storage(request.get("storageConfig"))
    _check_recording(mode, request.get("recordingConfig"))
    file_types = request.get("recordingFileConfig", {}).get("avFileType", ["hls"])
    if file_types not in (["hls"], ["hls", "mp4"], ["mp4", "hls"]):
        raise _bad("Start", "invalid avFileType: hls, or hls and mp4!")
    if mode == "individual" and "mp4" in file_types:
        raise _bad("Start", "avFileType mp4 is for mix and web mode only!")


def _check_storage(storage: Any) -> None:
    if not isinstance(storage, dict):
        raise _bad("Start", "storageConfig is missing!")
    for name in ("bucket", "accessKey", "secretKey"):
        if not isinstance(storage.get(name), str) or not storage[name]:
            raise _bad("Start", f"storageConfig.{name} is missing!")
    if storage.get("vendor") not in VENDORS or not _whole(storage.get("region"), 0, 30):
        raise _bad("Start", "invalid storageConfig.vendor or region!")
    if storage["vendor"] in VENDORS_WITHOUT_REGIONS and storage["region"] != 0:
        raise _bad("Start", "storageConfig.region is 0 for this vendor!")
    if storage["vendor"] == AMAZON and storage["region"] not in AMAZON_REGIONS:
        raise _bad("Start", "storageConfig.region is none of Amazon's!")
    prefix = storage.get("fileNamePrefix", [])
    if not isinstance(prefix, list) or not all(
        isinstance(one, str) and _FOLDER.fullmatch(one) for one in prefix
    ):
        raise _bad("Start", "fileNamePrefix may hold letters and digits only!")
    if len("/".join(prefix)) > 128:
        raise _bad("Start", "fileNamePrefix is longer than 128!")
    if storage["vendor"] == 11 and not storage.get("extensionParams", {}).get("endpoint"):
        raise _bad("Start", "vendor 11 needs extensionParams.endpoint!")


def _check_recording(mode: str, config: Any) -> None:
    if not isinstance(config, dict) or config.get("channelType") not in (0, 1):
        raise _bad("Start", "recordingConfig.channelType is missing!")
    if config.get("streamTypes", 2) not in (0, 1, 2):
        raise _bad("Start", "invalid streamTypes!")
    if not _whole(config.get("maxIdleTime", 30), 5, 2_592_000):
        raise _bad("Start", "invalid maxIdleTime!")
    for name in ("subscribeAudioUids", "subscribeVideoUids", "unSubscribeAudioUids", "unSubscribeVideoUids"):
        uids = config.get(name, ["#allstream#"])
        if (
            not isinstance(uids, list)
            or not 1 <= len(uids) <= 32
            or not all(isinstance(one, str) for one in uids)
        ):
            raise _bad("Start", f"invalid {name}!")
    if mode == "individual" and not _whole(config.get("subscribeUidGroup"), 0, 5):
        raise _bad("Start", "subscribeUidGroup is required in individual mode!")
    if mode == "individual" and config.get("streamMode", "default") not in (
        "default",
        "standard",
        "original",
    ):
        raise _bad("Start", "invalid streamMode!")
    picture = config.get("transcodingConfig")
    if picture is None:
        return
    if mode != "mix" or not isinstance(picture, dict):
        raise _bad("Start", "transcodingConfig is for mix mode!")
    width, height = picture.get("width", 360), picture.get("height", 640)
    if not _whole(width, 1, 1920) or not _whole(height, 1, 1920) or width * height > MOST_PIXELS:
        raise _bad("Start", "transcodingConfig: the picture is larger than 1920 x 1080!")
    if picture.get("fps", 15) not in FRAME_RATES or not _whole(picture.get("bitrate", 500), 1, 6500):
        raise _bad("Start", "invalid transcodingConfig fps or bitrate!")


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _bad(operation: str, reason: str) -> Refused:
    return Refused(400, 2, f"{operation.capitalize()}: {reason}")
