"""What the tests of functions share: Agora's emulator, hurried, and a session to record; somebody who pays."""

from collections.abc import Iterator

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.lifecycle_scene import LifecycleScene
from tests.mail_scene import MailScene
from tests.payment_scene import PaymentScene
from tests.recording_scene import SPEED, AgoraEmulator, RecordingScene


@pytest.fixture(scope="session")
def emulator(stage: Stage) -> Iterator[AgoraEmulator]:
    """The emulator of the stack, at a test's pace."""
    agora = AgoraEmulator(stage.env)
    agora.set_speed(SPEED)
    yield agora
    agora.set_speed(1)
    agora.http.close()


@pytest.fixture
def agora(emulator: AgoraEmulator, stage: Stage) -> Iterator[AgoraEmulator]:
    """The emulator; what a test leaves unfinished there, no later one has to look after."""
    print(
        f"To repeat Agora's order: AGORA_EMULATOR_SEED={emulator.seed}"
    )  # pytest shows it where a test fails
    yield emulator
    stage.execute(
        "update private.recording_takes set next_check_at = now() + interval '1 year'"
        " where status in ('pending', 'recording', 'processing') and next_check_at is not null"
    )


@pytest.fixture
def scene(stage: Stage, agora: AgoraEmulator) -> RecordingScene:
    """A session that may be recorded."""
    return RecordingScene(stage, agora)


@pytest.fixture
def paying(stage: Stage) -> PaymentScene:
    """Somebody who wants to pay, and a practitioner whose time is free."""
    return PaymentScene(stage)


@pytest.fixture
def booking(stage: Stage) -> BookingScene:
    """Somebody who may book, and a practitioner whose time is free."""
    return BookingScene(stage)


@pytest.fixture
def lifecycle(stage: Stage, agora: AgoraEmulator) -> LifecycleScene:
    """A session that has just begun by the clock."""
    return LifecycleScene(stage, agora)


@pytest.fixture(scope="module")
def finished(stage: Stage, emulator: AgoraEmulator) -> RecordingScene:
    """A recording that can be played."""
    scene = RecordingScene(stage, emulator)
    scene.record()
    scene.process()
    return scene


@pytest.fixture(scope="module")
def sliced(stage: Stage, emulator: AgoraEmulator) -> RecordingScene:
    """One without an MP4: two people, each with slices of their own."""
    scene = RecordingScene(stage, emulator)
    scene.fault("recording", codec="h264")
    scene.record(recording_mode="individual")
    scene.process()
    return scene


@pytest.fixture
def mail(stage: Stage) -> MailScene:
    """Somebody who books, and whose mail is read."""
    return MailScene(stage)
