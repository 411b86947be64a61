"""The sandbox's world as the exchangelib tests see it: accounts, the admin face, and a check of every answer."""

import io
import json
import os
import sys
import urllib.request

import requests
from exchangelib import BASIC, DELEGATE, UTC, Account, Build, Configuration, Credentials, Version
from exchangelib.services import get_streaming_events

import exchangelib_schema

CHECKER = exchangelib_schema.Checker()


def check_every_answer():
    """Lets the vendor's schema judge whatever passes by, streams included."""
    send = requests.Session.send

    def checked_send(session, request, **options):
        answer = send(session, request, **options)
        if b"GetStreamingEvents" not in (request.body or b""):
            CHECKER.check(answer.content)
            # File contents are read from the raw stream, which now has to be there a second time.
            answer.raw = Raw(answer.content)
        return answer

    class Raw(io.BytesIO):
        decode_content = False

    class CheckedDocument(get_streaming_events.DummyResponse):
        def __init__(self, content):
            CHECKER.check(content)
            super().__init__(content=content)

    requests.Session.send = checked_send
    get_streaming_events.DummyResponse = CheckedDocument


WORLD = json.loads(sys.argv[1] if len(sys.argv) > 1 else os.environ["SSI_SANDBOX_WORLD"])
ANNA, BERND = WORLD["users"][0], WORLD["users"][1]
SERVICE = WORLD["service_account"]


def account(user, address=None, access_type=DELEGATE, password=None):
    configuration = Configuration(
        service_endpoint=WORLD["ews"],
        credentials=Credentials(user["login"], password or user["password"]),
        auth_type=BASIC,
        version=Version(Build(15, 1, 2507, 39)),
        max_connections=4,
    )
    return Account(
        address or user["address"],
        config=configuration,
        autodiscover=False,
        access_type=access_type,
        default_timezone=UTC,
    )


def admin(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(WORLD["admin"] + path, data=data, method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def expect(error, action):
    try:
        action()
    except error:
        return
    raise AssertionError(f"expected {error.__name__}")
