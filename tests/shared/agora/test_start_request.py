"""The request to record: everybody, long enough, and only what Agora's door lets in."""

import json

import pytest

from local.agora.checks import check_start
from shared.agora.recorder import Recorder, agora_mode
from shared.agora.settings import RecordingBucketSettings
from shared.agora.start_request import start_request

PREFIX = ("recordings", "7d72365eb983485397e3e3f9d460bdda")
MIX = Recorder(channel="session-1", uid=4_000_000_001, mode="mix")
INDIVIDUAL = Recorder(channel="session-1", uid=4_000_000_001, mode="individual")


def bucket(vendor: int = 1, endpoint: str = "https://s3.test") -> RecordingBucketSettings:
    return RecordingBucketSettings(
        recording_s3_endpoint=endpoint,
        recording_s3_bucket="recordings",
        recording_s3_region="ca-central-1",
        recording_s3_access_key="access",
        recording_s3_secret_key="secret",
        recording_s3_vendor=vendor,
        recording_s3_region_code=13 if vendor == 1 else 0,  # only Amazon's have numbers
    )


def asked(recorder: Recorder = MIX, **how: object) -> dict:
    return start_request(recorder, "token", bucket(), PREFIX, **{"people": 2, **how})  # type: ignore[arg-type]


@pytest.mark.parametrize("recorder", [MIX, INDIVIDUAL])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("vendor", [1, 11])
def test_the_emulator_accepts_every_request_we_can_make(recorder, orientation, vendor):
    """The emulator checks what Agora documents; every request we can make passes, and survives JSON."""
    request = start_request(recorder, "token", bucket(vendor), PREFIX, people=2, orientation=orientation)

    check_start(recorder.mode, json.loads(json.dumps(request)))


@pytest.mark.parametrize("recorder", [MIX, INDIVIDUAL])
def test_everybody_is_recorded(recorder):
    """A list for one kind of stream would silence the other; an empty one records nobody."""
    config = asked(recorder)["recordingConfig"]

    assert not [name for name in config if "ubscribe" in name and name != "subscribeUidGroup"]
    assert config["streamTypes"] == 2
    assert config["maxIdleTime"] == 300
    assert json.loads(config["privateParams"]) == {"correctEXTINF": True}


@pytest.mark.parametrize(("orientation", "size"), [("landscape", (1280, 720)), ("portrait", (720, 1280))])
def test_a_mix_requests_slices_and_an_mp4(orientation, size):
    """Slices and MP4 together: an MP4 alone is refused."""
    request = asked(orientation=orientation)

    assert request["recordingFileConfig"]["avFileType"] == ["hls", "mp4"]
    picture = request["recordingConfig"]["transcodingConfig"]
    assert size == (picture["width"], picture["height"])


@pytest.mark.parametrize(
    ("people", "group"), [(1, 0), (2, 0), (3, 1), (7, 1), (8, 2), (17, 3), (18, 4), (33, 5), (49, 5)]
)
def test_an_individual_recording_has_room_for_the_whole_class(people, group):
    """HLS only, with an index of sound and picture together, and room for everybody."""
    request = asked(INDIVIDUAL, people=people)

    assert group == request["recordingConfig"]["subscribeUidGroup"]
    assert request["recordingConfig"]["streamMode"] == "standard"
    assert "recordingFileConfig" not in request
    assert "transcodingConfig" not in request["recordingConfig"]


def test_a_class_too_large_for_agora_is_refused_before_agora_is_asked():
    """49 people is the largest group there is."""
    with pytest.raises(ValueError, match="49"):
        asked(INDIVIDUAL, people=50)


def test_files_lie_in_a_folder_of_their_own():
    """Agora takes letters and digits only, so the id goes without hyphens."""
    storage = asked()["storageConfig"]

    assert storage == {
        "vendor": 1,
        "region": 13,
        "bucket": "recordings",
        "accessKey": "access",
        "secretKey": "secret",
        "fileNamePrefix": ["recordings", "7d72365eb983485397e3e3f9d460bdda"],
    }


@pytest.mark.parametrize("prefix", [("a-b",), ("a_b",), ("a/b",), ("",), ("a" * 129,), ("a" * 64, "b" * 64)])
def test_a_prefix_that_agora_would_refuse_is_refused_here(prefix):
    """Rather a bug found at once than a recording that dies a minute later."""
    with pytest.raises(ValueError, match="prefix"):
        start_request(MIX, "token", bucket(), prefix, people=2)


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [("https://s3.example.test", "s3.example.test"), ("http://127.0.0.1:54329", "http://127.0.0.1:54329")],
)
def test_a_request_for_other_storage_has_its_endpoint(endpoint, told):
    """A bare host, as in Agora's sample; a local one keeps its scheme, since nothing there speaks TLS."""
    request = start_request(MIX, "token", bucket(11, endpoint), PREFIX, people=2)

    assert request["storageConfig"]["extensionParams"] == {"endpoint": told}


def test_our_words_for_modes_are_translated_to_agoras():
    """A composite recording is a mix."""
    assert ("mix", "individual") == (agora_mode("composite"), agora_mode("individual"))
    with pytest.raises(KeyError):
        agora_mode("web")
