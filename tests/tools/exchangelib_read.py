#!/usr/bin/env python3
"""Reads with exchangelib what a mailbox holds; prints items per second.

exchangelib_read.py WORLD mails: inbox and sent items of the first user.
exchangelib_read.py WORLD groupware: calendar and contacts.
"""
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
MAIL = [
    "subject", "author", "sender", "to_recipients", "cc_recipients", "datetime_sent", "datetime_received",
    "message_id", "body", "categories", "has_attachments", "size",
]
EVENT = [
    "subject", "body", "location", "start", "end", "uid", "is_all_day", "categories", "required_attendees",
    "optional_attendees", "organizer", "sensitivity", "recurrence", "type",
]
CONTACT = [
    "given_name", "surname", "company_name", "job_title", "email_addresses", "phone_numbers", "physical_addresses",
    "categories", "body",
]
SETS = {
    "mails": [(account.inbox, MAIL), (account.sent, MAIL)],
    "groupware": [(account.calendar, EVENT), (account.contacts, CONTACT)],
}
started = time.monotonic()
count = 0
for folder, fields in SETS[sys.argv[2]]:
    for item in folder.all().only(*fields):
        count += 1
print(count / (time.monotonic() - started))
