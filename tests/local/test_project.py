"""What a project decides: from supabase/config.toml, or as whoever starts the stack says, for as long as that holds."""

from pathlib import Path

from local.project import project, remember

ORIGIN = "http://127.0.0.1:25012"


def test_a_stack_has_its_sample_page_as_website_until_it_is_told_one(tmp_path: Path) -> None:
    before = project(tmp_path, ORIGIN)

    is_other = remember(
        tmp_path, {"SITE_URL": "http://127.0.0.1:3000/", "REDIRECT_URLS": "http://a.test, http://b.test"}
    )

    after = project(tmp_path, ORIGIN)
    assert is_other
    assert (before.site_url, before.redirect_urls) == (ORIGIN, ())
    assert (after.site_url, after.redirect_urls) == (
        "http://127.0.0.1:3000",
        ("http://a.test", "http://b.test"),
    )
    assert after.env["SITE_URL"] == "http://127.0.0.1:3000"


def test_it_is_remembered_until_it_is_taken_back(tmp_path: Path) -> None:
    remember(tmp_path, {"SUPPORT_EMAIL": "help@ours.test"})

    assert not remember(tmp_path, {})
    assert project(tmp_path, ORIGIN).support_email == "help@ours.test"
    assert remember(tmp_path, {"SUPPORT_EMAIL": ""})
    assert project(tmp_path, ORIGIN).support_email == "support@demo.test"
