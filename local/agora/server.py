"""The emulator over HTTP: Agora's own routes with faults in front of them, and the control routes beside.

GET  /_control/health
POST /_control/reset                              forget everything, faults and counts included
POST /_control/clock          {"speed": 200}      emulator seconds per real second
POST /_control/webhook        {"url", "secret"}   where all notifications go from now on; "" is nowhere
POST /_control/faults         one fault or a list of them: see faults.py
GET  /_control/recordings     ?channel=           state, files, events of each; recordings started per channel
POST /_control/recordings/<sid>/idle|crash|failover|token_expired
POST /_control/channels/<channel>  {"uids": [], "reason": 10}   who is there from now on; an empty channel makes idle
POST /_control/channels/<channel>/join   {"uid", "device", "ahead_ms", "account", "codec"}   uid alone is enough
POST /_control/channels/<channel>/leave  {"uid", "reason": 1}
POST /_control/order          {"seed": 7, "shuffled": false}   of what Agora promises no order for
GET  /_control/requests       every call with its answer; counts, also by channel
GET  /_control/notifications  every delivery with the answer it got
POST /_control/notify         {"productId": 3, "eventType": 31, "payload": {}}   any notification, signed
"""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args
from uuid import uuid4

from aiohttp import web

from .checks import Refused
from .faults import AnswerFault, BadFault
from .service import Reply, Service

PREFIX = "/v1/apps/{app}/cloud_recording"
RUNNING = PREFIX + "/resourceid/{resource}/sid/{sid}/mode/{mode}"
NO_ROUTE = {"message": "no Route matched with those values"}

Happening = Literal["idle", "crash", "failover", "token_expired"]


@dataclass
class Server:
    """The routes. `asked` is every call on the service, with its answer, in order."""

    service: Service
    asked: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[_readable_errors])
        app.add_routes(
            [
                web.post(PREFIX + "/acquire", self._agora("acquire")),
                web.post(PREFIX + "/resourceid/{resource}/mode/{mode}/start", self._agora("start")),
                web.get(RUNNING + "/query", self._agora("query")),
                web.post(RUNNING + "/stop", self._agora("stop")),
                web.get("/_control/health", self._health),
                web.post("/_control/faults", self._order_faults),
                web.get("/_control/recordings", self._recordings),
                web.post("/_control/recordings/{sid}/{happening}", self._happen),
                web.get("/_control/requests", self._requests),
                web.get("/_control/notifications", self._notifications),
                web.post("/_control/notify", self._notify),
                web.post("/_control/webhook", self._set_webhook),
                web.post("/_control/channels/{channel}", self._declare),
                web.post("/_control/channels/{channel}/join", self._join),
                web.post("/_control/channels/{channel}/leave", self._leave),
                web.post("/_control/order", self._set_order),
                web.post("/_control/clock", self._set_clock),
                web.post("/_control/reset", self._reset),
            ]
        )
        return app

    # Agora

    def _agora(self, verb: str) -> Any:
        async def answer(request: web.Request) -> web.StreamResponse:
            body = await _json(request)
            channel = self._channel(request, body)
            uid = body.get("uid") if isinstance(body, dict) else None
            record: dict[str, Any] = {
                "operation": verb,
                "channel": channel,
                "uid": uid,
                "request_id": uuid4().hex,
            }
            self.asked.append(record)
            fault = self.service.faults.answer(verb, channel)
            if fault:
                await asyncio.sleep(fault.delay_seconds)
            spoilt = fault and (fault.status or fault.silent_seconds or fault.reset or fault.body)
            reply: Reply = (0, {})
            if not spoilt or (fault and fault.perform):
                reply = await self._perform(verb, request, body)
            if fault and spoilt:
                reply = await _spoil(fault, request)
            record["status"], record["code"] = reply[0], reply[1].get("code")
            return web.json_response(
                reply[1], status=reply[0], headers={"X-Request-Id": record["request_id"]}
            )

        return answer

    async def _perform(self, verb: str, request: web.Request, body: Any) -> Reply:
        service, path = self.service, request.match_info
        if refused := service.admit(request.headers.get("Authorization", ""), path["app"]):
            return refused
        try:
            match verb:
                case "acquire":
                    return service.acquire(body)
                case "start":
                    return service.start(path["resource"], path["mode"], body)
                case "query":
                    return service.query(path["resource"], path["sid"], path["mode"])
                case _:
                    return await service.stop(path["resource"], path["sid"], path["mode"], body)
        except Refused as refused_call:
            if refused_call.status == 404 and verb == "stop":
                return 404, _without_reason(path["resource"], path["sid"], body)
            return refused_call.status, {"code": refused_call.code, "reason": refused_call.reason}

    def _channel(self, request: web.Request, body: Any) -> str:
        if isinstance(body, dict):
            return str(body.get("cname") or "")
        recording = self.service.recordings.get(request.match_info.get("sid", ""))
        return recording.channel if recording else ""

    # Control

    async def _health(self, request: web.Request) -> web.Response:
        order = self.service.order
        return web.json_response(
            {"ready": True, "speed": self.service.clock.speed, "seed": order.seed, "shuffled": order.shuffled}
        )

    async def _order_faults(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        for one in asked if isinstance(asked, list) else [asked]:
            self.service.faults.add(one)
        return web.json_response({"ordered": len(self.service.faults.ordered)}, status=201)

    async def _recordings(self, request: web.Request) -> web.Response:
        channel = request.query.get("channel")
        recordings = [
            one.seen() for one in self.service.recordings.values() if channel in (None, one.channel)
        ]
        return web.json_response({"recordings": recordings, "started": self.service.started})

    async def _happen(self, request: web.Request) -> web.Response:
        recording = self.service.recordings.get(request.match_info["sid"])
        happening = request.match_info["happening"]
        if recording is None or happening not in get_args(Happening):
            raise web.HTTPNotFound
        if happening == "failover":
            recording.fail_over()
        else:
            recording.end(happening)  # type: ignore[arg-type]
        return web.json_response(recording.seen())

    async def _requests(self, request: web.Request) -> web.Response:
        counts = Counter(one["operation"] for one in self.asked)
        by_channel: dict[str, Counter[str]] = {}
        for one in self.asked:
            by_channel.setdefault(one["channel"], Counter())[one["operation"]] += 1
        return web.json_response({"requests": self.asked, "counts": counts, "by_channel": by_channel})

    async def _notifications(self, request: web.Request) -> web.Response:
        return web.json_response({"notifications": self.service.notices.sent})

    async def _notify(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        sent = self.service.notices.send(
            asked.get("productId", 3), asked["eventType"], asked.get("payload", {})
        )
        return web.json_response(sent, status=202)

    async def _set_webhook(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        notices = self.service.notices
        notices.recordings = replace(notices.recordings, **asked)
        notices.channels = notices.recordings
        return web.json_response({"url": notices.recordings.url})

    async def _declare(self, request: web.Request) -> web.Response:
        asked = await _json(request)
        uids = {int(uid) for uid in asked.pop("uids")}
        self.service.channels.declare(request.match_info["channel"], uids, **asked)
        return self._people(request)

    async def _join(self, request: web.Request) -> web.Response:
        self.service.channels.join(request.match_info["channel"], **await _json(request))
        return self._people(request)

    async def _leave(self, request: web.Request) -> web.Response:
        self.service.channels.leave(request.match_info["channel"], **await _json(request))
        return self._people(request)

    def _people(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        self.service.watch(channel)
        return web.json_response({"uids": [one.uid for one in self.service.channels.people(channel) or ()]})

    async def _set_order(self, request: web.Request) -> web.Response:
        self.service.order.reset(**await _json(request))
        return await self._health(request)

    async def _set_clock(self, request: web.Request) -> web.Response:
        self.service.clock.set_speed(float((await _json(request))["speed"]))
        return await self._health(request)

    async def _reset(self, request: web.Request) -> web.Response:
        self.service.forget()
        self.service.order.reset()
        self.asked.clear()
        return await self._health(request)


@web.middleware
async def _readable_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return web.json_response(NO_ROUTE, status=404)
    except (BadFault, KeyError, TypeError, ValueError) as error:
        if not request.path.startswith("/_control/"):
            raise
        return web.json_response({"error": str(error)}, status=400)
    return response


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"null")
    except ValueError:
        return None


async def _spoil(fault: AnswerFault, request: web.Request) -> Reply:
    await asyncio.sleep(fault.silent_seconds)
    if (fault.reset or fault.silent_seconds) and request.transport:
        request.transport.abort()
    reason = {"reason": fault.reason} if fault.reason else {}
    code = {"code": fault.code} if fault.code is not None else {}
    return fault.status or 500, dict(fault.body or code | reason)


def _without_reason(resource_id: str, sid: str, body: Any) -> dict[str, Any]:
    """The other form of a 404, seen in the wild on stop: no `reason` anywhere."""
    return {
        "code": 404,
        "cname": body["cname"],
        "uid": body["uid"],
        "resourceId": resource_id,
        "sid": sid,
        "serverResponse": {
            "command": "StopCloudRecorder",
            "payload": {"message": "failed to find worker"},
            "subscribeModeBitmask": 1,
            "vid": "0",
        },
    }
