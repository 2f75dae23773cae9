"""A link opens its own page and no other, by any method, through the function or straight at the Data API."""

from typing import Any

import pytest

from deploy.functions import functions
from tests.cast import Stage
from tests.page_scene import BROWSER, PageScene

PAGES = [function.target for function in functions().values() if function.is_page]
# Everybody may open these; they take no link.
OPEN = {"find_my_sessions", "show_refused_checkout", "verify_signature"} | {"status"}  # for who has its key
OPEN |= {"set_language"}  # looking shows nobody's; its form takes a link of every page (test_set_language)
# What a form of each page may hold. Sent to every page with every link but its own.
FORM = {
    "act": "cancel",
    "reason": "",
    "use_grace": "true",
    "consented": "false",
    "place": "online",
    "version": "1",
    "signature_name": "Somebody",
    "show": "times",
    "starts_at": "2027-03-01T15:00:00Z",
    "accepts": "true",
    "sequence": "0",
    "proposal": "1",
    "offer": "1",
    "class_id": "10000000-0000-4000-8000-000000000001",
    "practitioner": "10000000-0000-4000-8000-000000000001",
    "hours": "2",
    "press": "make",
    "stars": "5",
    "fee": "10000000-0000-4000-8000-000000000001",
    "id": "10000000-0000-4000-8000-000000000001",
}


@pytest.fixture(scope="module")
def scene(stage: Stage) -> PageScene:
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    return scene


def rows(scene: PageScene) -> Any:
    """What a page could change."""
    return scene.stage.owner.execute(
        """select (select jsonb_agg(to_jsonb(s)) from public.session_schedules s where s.client_id = %(id)s),
                  (select jsonb_agg(to_jsonb(f)) from private.calendar_feeds f where f.user_id = %(id)s),
                  (select jsonb_agg(to_jsonb(c)) from private.chosen_languages c where c.user_id = %(id)s),
                  (select jsonb_agg(to_jsonb(p)) from public.notification_preferences p where p.user_id = %(id)s),
                  (select jsonb_agg(to_jsonb(c)) from public.user_consents c where c.user_id = %(id)s),
                  (select jsonb_agg(to_jsonb(w)) from public.liability_waivers w where w.user_id = %(id)s),
                  (select jsonb_agg(to_jsonb(o)) from private.outbox o where o.user_id = %(id)s),
                  (select jsonb_agg(to_jsonb(a)) from public.session_attendance a where a.user_id = %(id)s),
                  (select jsonb_agg(to_jsonb(p)) from private.session_proposals p where p.session_id = %(session)s),
                  (select jsonb_agg(to_jsonb(a)) from private.session_agreements a where a.session_id = %(session)s),
                  (select jsonb_agg(to_jsonb(o)) from private.session_offers o where o.session_id = %(session)s)""",
        {"id": scene.client.id, "session": scene.session},
    ).fetchone()


@pytest.mark.parametrize("page", [page for page in PAGES if page not in OPEN])
def test_a_page_opens_no_link_of_another(scene: PageScene, page: str) -> None:
    before = rows(scene)
    for other in PAGES:
        if other == page:
            continue
        token = scene.token(scene.make_link(other, scene.client, scene.session))
        address = f"{scene.stage.env['PAGES_URL']}/{page.replace('_', '-')}?token={token}"
        replies = [
            scene.look(address),
            scene.press(address, **FORM),
            scene.stage.http.post(address, json={**FORM, "use_grace": True, "token": token}),
        ]
        for reply in replies:
            assert reply.status_code in (404, 405, 422), f"{page} opened a link of {other}: {reply.text}"
    assert rows(scene) == before


def test_the_data_api_opens_no_link_of_another_page(scene: PageScene) -> None:
    """Every function that takes a token, with tokens of every page but its own."""
    before = rows(scene)
    signatures = scene.stage.owner.execute(
        """select p.proname as name, (regexp_match(body.prosrc, 'token, ''(\\w+)'''))[1] as page
             from pg_proc p
             join pg_proc body on body.proname = p.proname and body.pronamespace = 'private'::regnamespace
            where p.pronamespace = 'public'::regnamespace and p.proargnames[1] = 'token'
              and has_function_privilege('anon', p.oid, 'execute')"""
    ).fetchall()
    assert signatures
    for row in signatures:
        for other in PAGES:
            token = scene.token(scene.make_link(other, scene.client, scene.session))
            if other == row["page"]:
                continue
            reply = scene.stage.http.post(
                f"{scene.stage.env['SUPABASE_URL']}/rest/v1/rpc/{row['name']}",
                json={"token": token},
                headers={"apikey": scene.stage.env["SUPABASE_PUBLISHABLE_KEY"]},
            )
            assert reply.status_code == 404, f"{row['name']} took a link of {other}: {reply.text}"
    assert rows(scene) == before


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_private(scene: PageScene, page: str) -> None:
    """Never stored, framed, indexed, or named to another site; not even its refusals. It runs no script."""
    reply = scene.stage.http.get(
        f"{scene.stage.env['PAGES_URL']}/{page.replace('_', '-')}?token=unknown", headers=BROWSER
    )

    assert reply.headers["content-type"].startswith("text/html")
    assert "no-store" in reply.headers["cache-control"]
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in reply.headers["x-robots-tag"]
    policy = reply.headers["content-security-policy"]
    assert (
        "frame-ancestors 'none'" in policy and "default-src 'none'" in policy and "script-src" not in policy
    )
