"""Settings: read from the environment, typed, complaining by name."""

import pytest

from shared.settings import MissingSettings, Settings, SupabaseSettings


class PostSettings(Settings):
    """A made-up group: two required, two with a default."""

    post_url: str
    post_key: str
    post_region: str = "north"
    post_tries: int = 3


def test_a_group_is_read_from_the_variables_of_the_same_names() -> None:
    """Names in upper case, values without outer blanks, numbers as numbers."""
    settings = PostSettings.from_environment(
        {"POST_URL": " https://post.test\n", "POST_KEY": "k", "POST_TRIES": "5"}
    )

    assert ("https://post.test", "k", "north", 5) == (
        settings.post_url,
        settings.post_key,
        settings.post_region,
        settings.post_tries,
    )


def test_all_missing_settings_are_named_at_once() -> None:
    """A blank value is a missing one: dashboards store blanks."""
    with pytest.raises(MissingSettings, match=r"Missing settings: POST_URL, POST_KEY\. "):
        PostSettings.from_environment({"POST_KEY": "  ", "POST_TRIES": "5"})


def test_a_setting_that_is_no_number_is_named() -> None:
    """The message has the variable, not the value."""
    with pytest.raises(MissingSettings, match=r"^POST_TRIES must be a whole number\.$"):
        PostSettings.from_environment({"POST_URL": "u", "POST_KEY": "k", "POST_TRIES": "often"})


def test_a_blank_optional_setting_means_its_default() -> None:
    """An empty line in a dashboard does not override."""
    assert 3 == PostSettings.from_environment({"POST_URL": "u", "POST_KEY": "k", "POST_TRIES": ""}).post_tries


def test_the_required_names_are_listed() -> None:
    """Deploy.yaml and the doctor read this."""
    assert {
        "POST_URL": True,
        "POST_KEY": True,
        "POST_REGION": False,
        "POST_TRIES": False,
    } == PostSettings.names()


def test_a_group_does_not_print_its_values() -> None:
    """Settings may end up in a traceback; a secret must not."""
    settings = PostSettings.from_environment({"POST_URL": "u", "POST_KEY": "the-secret"})

    assert "the-secret" not in f"{settings!r} {settings}"


def test_a_setting_cannot_be_changed() -> None:
    """What was read at start stays."""
    settings = PostSettings.from_environment({"POST_URL": "u", "POST_KEY": "k"})

    with pytest.raises(AttributeError):
        settings.post_key = "other"  # type: ignore[misc]


@pytest.mark.parametrize("origin", ["https://project.test", "https://project.test/"])
def test_addresses_follow_from_the_address_of_the_project(origin: str) -> None:
    """A closing slash makes no difference, and both can be moved elsewhere."""
    found = {"SUPABASE_URL": origin, "SUPABASE_PUBLISHABLE_KEY": "k"}
    settings = SupabaseSettings.from_environment(found)
    moved = SupabaseSettings.from_environment(
        {**found, "SUPABASE_REST_URL": "http://rest/", "FUNCTIONS_URL": "http://f/"}
    )

    assert "https://project.test/rest/v1" == settings.rest_url
    assert "https://project.test/functions/v1" == settings.public_functions_url
    assert ("http://rest", "http://f") == (moved.rest_url, moved.public_functions_url)
