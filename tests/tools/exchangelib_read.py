#!/usr/bin/env python3
"""Reads all mails of the first user's inbox and sent items with exchangelib; prints items per second."""
import json
import sys
import time

from exchangelib import BASIC, DELEGATE, Account, Configuration, Credentials, Version
from exchangelib.version import EXCHANGE_2016

world = json.loads(sys.argv[1])
user = world["users"][0]
config = Configuration(
    service_endpoint=world["ews"],
    credentials=Credentials(user["login"], user["password"]),
    auth_type=BASIC,
    version=Version(EXCHANGE_2016),
    max_connections=4,
)
account = Account(user["address"], config=config, autodiscover=False, access_type=DELEGATE)
fields = [
    "subject", "author", "sender", "to_recipients", "cc_recipients", "datetime_sent", "datetime_received",
    "message_id", "body", "categories", "has_attachments", "size",
]
started = time.monotonic()
count = 0
for folder in (account.inbox, account.sent):
    for item in folder.all().only(*fields):
        count += 1
print(count / (time.monotonic() - started))
