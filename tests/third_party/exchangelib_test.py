"""Holds the sandbox's Exchange to the real protocol: exchangelib, an independent EWS client, does its daily work on it.

Usage: exchangelib_test.py '<JSON printed by ssi-sandbox serve>', or the JSON in SSI_SANDBOX_WORLD
Prints "N passed, N failed"; exits non-zero when anything failed.
"""

import datetime
import sys
import threading
import traceback

from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    UTC,
    Account,
    CalendarItem,
    Configuration,
    Contact,
    Credentials,
    ExtendedProperty,
    FileAttachment,
    Folder,
    HTMLBody,
    ItemAttachment,
    Mailbox,
    Message,
    Task,
)
from exchangelib.errors import (
    ErrorImpersonateUserDenied,
    ErrorInvalidIdMalformed,
    ErrorInvalidSyncStateData,
    ErrorItemNotFound,
    ErrorNonExistentMailbox,
    ErrorServerBusy,
    UnauthorizedError,
)
from exchangelib.indexed_properties import EmailAddress, PhoneNumber
from exchangelib.properties import CreatedEvent, ItemId, StatusEvent

from exchangelib_groupware import *  # noqa: F403 - its tests run with those here
from exchangelib_world import (
    ANNA, BERND, CHECKER, SERVICE, WORLD, account, admin, check_every_answer, expect,
)


class CrmLink(ExtendedProperty):
    property_set_id = "a1b2c3d4-0000-4000-8000-00c0ffee0001"
    property_name = "CrmLink"
    property_type = "String"


class Numbers(ExtendedProperty):
    property_set_id = "a1b2c3d4-0000-4000-8000-00c0ffee0001"
    property_name = "Numbers"
    property_type = "StringArray"


class CommitTime(ExtendedProperty):
    property_tag = 0x670A
    property_type = "SystemTime"


Message.register("crm_link", CrmLink)
Message.register("numbers", Numbers)
Folder.register("commit_time", CommitTime)


def draft(anna, subject, **more):
    message = Message(
        account=anna,
        folder=more.pop("folder", anna.inbox),
        subject=subject,
        body=more.pop("body", "Guten Tag"),
        to_recipients=[Mailbox(email_address="kunde@example.com", name="Kunde & Söhne")],
        **more,
    )
    return message.save()


def test_folders_are_found_created_renamed_and_deleted(anna):
    names = {folder.name for folder in anna.root.walk()}
    assert {"Inbox", "Sent Items", "Calendar", "Contacts", "Tasks"} <= names, names
    made = Folder(parent=anna.inbox, name="SAP E-Mails").save()
    assert made.id and made in list(anna.inbox.children)
    made.name = "SAP Mails"
    made.save(update_fields=["name"])
    anna.root.clear_cache()
    assert (anna.inbox / "SAP Mails").id == made.id
    made.delete()


def test_a_message_is_created_read_changed_and_deleted(anna):
    made = draft(anna, "Angebot <42> & mehr", body=HTMLBody("<p>Größe: 10 €</p>"), categories=["Rot"])
    read = anna.inbox.get(id=made.id)
    assert read.subject == "Angebot <42> & mehr"
    assert read.body == "<p>Größe: 10 €</p>", read.body
    assert read.to_recipients[0].name == "Kunde & Söhne"
    assert read.text_body.strip() == "Größe: 10 €", read.text_body
    before = read.changekey
    read.subject = "Angebot 43"
    read.categories = ["Rot", "SAP Cloud for Customer"]
    read.is_read = True
    read.save(update_fields=["subject", "categories", "is_read"])
    again = anna.inbox.get(id=made.id)
    assert again.changekey != before
    assert again.subject == "Angebot 43" and again.categories == ["Rot", "SAP Cloud for Customer"]
    again.categories = None
    again.save(update_fields=["categories"])
    assert not anna.inbox.get(id=made.id).categories
    again.delete()
    expect(ErrorItemNotFound, lambda: anna.inbox.get(id=made.id).subject)


def test_a_move_gives_a_new_id(anna):
    made = draft(anna, "wandert")
    old = made.id
    made.move(anna.trash)
    assert made.id != old and made.folder == anna.trash
    result = list(anna.fetch([ItemId(id=old)]))
    assert isinstance(result[0], ErrorItemNotFound), result
    made.move_to_trash()


def test_a_malformed_id_is_told_apart_from_a_lost_one(anna):
    result = list(anna.fetch([ItemId(id="AAMkAforged")]))
    assert isinstance(result[0], ErrorInvalidIdMalformed), result


def test_items_are_found_by_filter_and_order(anna):
    for subject in ("Filter A", "Filter B", "Filter C"):
        draft(anna, subject, categories=["Filtered"])
    found = anna.inbox.filter(subject__startswith="Filter").order_by("-subject")
    assert [item.subject for item in found] == ["Filter C", "Filter B", "Filter A"]
    assert anna.inbox.filter(subject__icontains="filter b").count() == 1
    assert anna.inbox.filter(subject="Filter A").exclude(categories__contains="Nope").count() == 1
    assert anna.inbox.filter(subject__in=("Filter A", "Filter C")).count() == 2
    assert anna.inbox.filter(datetime_created__gt=datetime.datetime(2000, 1, 1, tzinfo=UTC)).count() >= 3
    only = list(anna.inbox.filter(subject="Filter A").only("subject", "categories"))
    assert only[0].categories == ["Filtered"]
    anna.inbox.filter(categories__contains="Filtered").delete()
    assert anna.inbox.filter(subject__startswith="Filter").count() == 0


def test_extended_properties_are_created_read_and_searched(anna):
    made = draft(anna, "verknüpft", crm_link='{"id":"00163E"}', numbers=["eins", "zwei"])
    read = anna.inbox.get(id=made.id)
    assert read.crm_link == '{"id":"00163E"}' and read.numbers == ["eins", "zwei"]
    assert [m.id for m in anna.inbox.filter(crm_link='{"id":"00163E"}')] == [made.id]
    assert anna.inbox.filter(crm_link__exists=True).count() == 1
    read.crm_link = "neu"
    read.save(update_fields=["crm_link"])
    assert anna.inbox.filter(crm_link="neu").count() == 1
    read.crm_link = None
    read.save(update_fields=["crm_link"])
    assert anna.inbox.filter(crm_link__exists=True).count() == 0
    read.delete()


def test_items_are_synchronised(anna):
    first = draft(anna, "Sync 1")
    list(anna.inbox.sync_items())
    state = anna.inbox.item_sync_state
    second = draft(anna, "Sync 2")
    first.is_read = not first.is_read
    first.save(update_fields=["is_read"])
    changes = list(anna.inbox.sync_items(sync_state=state, only_fields=["subject", "is_read"]))
    kinds = {kind for kind, _ in changes}
    assert ("create", second.id) in [(kind, getattr(item, "id", None)) for kind, item in changes], changes
    assert "read_flag_change" in kinds, changes
    state = anna.inbox.item_sync_state
    first.delete()
    second.subject = "Sync 2b"
    second.save(update_fields=["subject"])
    changes = list(anna.inbox.sync_items(sync_state=state, only_fields=["subject"]))
    assert {kind for kind, _ in changes} == {"delete", "update"}, changes
    state = anna.inbox.item_sync_state
    assert list(anna.inbox.sync_items(sync_state=state)) == []
    admin("POST", "/sync-states/expire")
    expect(ErrorInvalidSyncStateData, lambda: list(anna.inbox.sync_items(sync_state=state)))
    anna.inbox.item_sync_state = None
    assert any(item.id == second.id for kind, item in anna.inbox.sync_items() if kind == "create")
    second.delete()


def test_pages_of_odd_size_bring_everything(anna):
    made = {draft(anna, f"Seite {number}").id for number in range(40)}
    settings = admin("GET", "/exchange")
    admin("PUT", "/exchange", dict(settings, odd_pages=True))
    try:
        anna.inbox.item_sync_state = None
        seen = {item.id for kind, item in anna.inbox.sync_items() if kind == "create"}
        assert made <= seen
        assert made <= {item.id for item in anna.inbox.all().only("subject")}
    finally:
        admin("PUT", "/exchange", settings)
    anna.bulk_delete([ItemId(id=id) for id in made])


def test_the_folder_tree_is_synchronised(anna):
    seen = {folder.name for kind, folder in anna.msg_folder_root.sync_hierarchy() if kind == "create"}
    assert "Inbox" in seen and "Finder" not in seen, seen
    state = anna.msg_folder_root.folder_sync_state
    made = Folder(parent=anna.inbox, name="Baum").save()
    changes = list(anna.msg_folder_root.sync_hierarchy(sync_state=state))
    assert [(kind, folder.name) for kind, folder in changes] == [("create", "Baum")], changes
    state = anna.msg_folder_root.folder_sync_state
    made.delete()
    assert [kind for kind, _ in anna.msg_folder_root.sync_hierarchy(sync_state=state)] == ["delete"]


def test_attachments_are_added_read_and_removed(anna):
    made = draft(anna, "mit Anhang")
    made.attach(FileAttachment(name="bild.png", content=b"\x89PNG" + bytes(range(256)), content_id="bild1", is_inline=True))
    made.attach(FileAttachment(name="Größen.txt", content="Öl".encode()))
    inner = Message(subject="innen", body="drin", folder=anna.inbox, account=anna)
    made.attach(ItemAttachment(name="innen", item=inner))
    read = anna.inbox.get(id=made.id)
    files = {a.name: a for a in read.attachments if isinstance(a, FileAttachment)}
    assert files["bild.png"].content == b"\x89PNG" + bytes(range(256)) and files["bild.png"].is_inline
    assert files["Größen.txt"].content.decode() == "Öl" and read.has_attachments
    items = [a for a in read.attachments if isinstance(a, ItemAttachment)]
    assert items[0].item.subject == "innen"
    read.detach(files["Größen.txt"])
    assert len(anna.inbox.get(id=made.id).attachments) == 2
    made.refresh()
    made.delete()


def test_mime_goes_in_and_comes_out(anna):
    raw = b"From: kunde@example.com\r\nTo: anna@sandbox.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <mime1@example.com>\r\n\r\nHallo\r\n"
    made = Message(account=anna, folder=anna.inbox, mime_content=raw).save()
    read = anna.inbox.get(id=made.id)
    assert read.subject == "Grüße" and read.message_id == "<mime1@example.com>", read.subject
    assert read.mime_content == raw
    assert [m.id for m in anna.inbox.filter(message_id="<mime1@example.com>")] == [made.id]
    assert any(h.name == "Message-ID" for h in read.headers), read.headers
    rendered = anna.inbox.get(id=draft(anna, "gerendert").id).mime_content
    assert b"Subject: gerendert" in rendered
    made.delete()


def test_sending_leaves_a_copy_and_arrives(anna):
    message = Message(account=anna, folder=anna.sent, subject="an Bernd", body="Hallo Bernd",
                      to_recipients=[BERND["address"]], crm_link="privat")
    message.send_and_save()
    copy = anna.sent.get(subject="an Bernd")
    assert copy.message_id and copy.crm_link == "privat"
    bernd = account(BERND)
    arrived = bernd.inbox.get(message_id=copy.message_id)
    assert arrived.subject == "an Bernd" and not arrived.is_read and arrived.crm_link is None
    later = draft(anna, "später", folder=anna.drafts)
    later.to_recipients = [Mailbox(email_address=BERND["address"])]
    later.save(update_fields=["to_recipients"])
    later.send()
    assert anna.drafts.filter(subject="später").count() == 0
    assert bernd.inbox.filter(subject="später").count() == 1


def test_calendar_contacts_and_tasks_are_kept(anna):
    start = datetime.datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    event = CalendarItem(account=anna, folder=anna.calendar, subject="Besuch", start=start,
                         end=start + datetime.timedelta(hours=1), location="Wien").save()
    assert anna.calendar.get(id=event.id).location == "Wien"
    window = anna.calendar.view(start=start - datetime.timedelta(days=1), end=start + datetime.timedelta(days=1))
    assert [e.subject for e in window] == ["Besuch"]
    contact = Contact(account=anna, folder=anna.contacts, given_name="Eva", surname="Huber", display_name="Eva Huber",
                      email_addresses=[EmailAddress(label="EmailAddress1", email="eva@example.com")],
                      phone_numbers=[PhoneNumber(label="MobilePhone", phone_number="+43 1")]).save()
    contact.email_addresses = [EmailAddress(label="EmailAddress1", email="eva.huber@example.com")]
    contact.save(update_fields=["email_addresses"])
    read = anna.contacts.get(id=contact.id)
    assert read.email_addresses[0].email == "eva.huber@example.com" and read.surname == "Huber"
    assert read.phone_numbers[0].phone_number == "+43 1"
    task = Task(account=anna, folder=anna.tasks, subject="anrufen", due_date=datetime.date(2026, 12, 24)).save()
    task.complete()
    read = anna.tasks.get(id=task.id)
    assert read.is_complete and read.due_date == datetime.date(2026, 12, 24), read
    for item in (event, contact, read):
        item.delete()


def test_the_category_list_is_a_user_configuration(anna):
    config = anna.calendar.get_user_configuration(name="CategoryList")
    assert b"<category name=" in config.xml_data or "<category name=" in config.xml_data.decode()
    anna.calendar.update_user_configuration(name="CategoryList", xml_data=b"<categories/>")
    assert anna.calendar.get_user_configuration(name="CategoryList").xml_data == b"<categories/>"
    anna.inbox.create_user_configuration(name="SsiTest", dictionary={"a": 1})
    assert anna.inbox.get_user_configuration(name="SsiTest").dictionary == {"a": 1}
    anna.inbox.delete_user_configuration(name="SsiTest")
    expect(ErrorItemNotFound, lambda: anna.inbox.get_user_configuration(name="SsiTest"))


def test_the_service_account_impersonates(anna):
    made = draft(anna, "von fern gesehen")
    service = account(SERVICE, ANNA["address"], IMPERSONATION)
    assert service.inbox.get(id=made.id).subject == "von fern gesehen"
    expect(ErrorNonExistentMailbox, lambda: account(SERVICE, "nobody@sandbox.example", IMPERSONATION).inbox)
    expect(ErrorImpersonateUserDenied, lambda: account(ANNA, BERND["address"], IMPERSONATION).inbox)
    expect(UnauthorizedError, lambda: account(ANNA, password="wrong").inbox)
    made.delete()


def test_a_stream_tells_of_new_items(anna):
    seen = []
    subscribed = threading.Event()

    def listen():
        with anna.inbox.streaming_subscription() as subscription:
            subscribed.set()
            for notification in anna.inbox.get_streaming_events(subscription, connection_timeout=1):
                seen.extend(event for event in notification.events if not isinstance(event, StatusEvent))
                if any(isinstance(event, CreatedEvent) for event in seen):
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    assert subscribed.wait(10)
    made = draft(anna, "Ereignis")
    listener.join(30)
    assert not listener.is_alive()
    assert [e.item_id.id for e in seen if isinstance(e, CreatedEvent)] == [made.id], seen
    made.delete()


def test_a_stream_closes_at_its_time(anna):
    settings = admin("GET", "/exchange")
    admin("PUT", "/exchange", dict(settings, streaming_minute_ms=300, streaming_status_ms=100))
    try:
        with anna.inbox.streaming_subscription() as subscription:
            notifications = list(anna.inbox.get_streaming_events(subscription, connection_timeout=1))
        assert any(isinstance(event, StatusEvent) for n in notifications for event in n.events)
    finally:
        admin("PUT", "/exchange", settings)


def test_events_are_pulled(anna):
    with anna.inbox.pull_subscription() as (subscription, watermark):
        made = draft(anna, "gezogen")
        notifications = list(anna.inbox.get_events(subscription, watermark))
        events = [event for n in notifications for event in n.events]
        assert any(isinstance(e, CreatedEvent) and e.item_id.id == made.id for e in events), events
        made.delete()


def test_names_and_zones_are_resolved(anna):
    found = anna.protocol.resolve_names(["anna"])
    assert found[0].email_address == ANNA["address"], found
    zones = {zone.id for zone in anna.protocol.get_timezones()}
    assert "W. Europe Standard Time" in zones


def test_version_is_found_without_being_told(_):
    configuration = Configuration(service_endpoint=WORLD["ews"], auth_type=BASIC,
                                  credentials=Credentials(ANNA["login"], ANNA["password"]))
    guessed = Account(ANNA["address"], config=configuration, autodiscover=False, access_type=DELEGATE)
    assert guessed.inbox.total_count is not None
    assert guessed.version.build.major_version == 15, guessed.version


def test_a_busy_server_says_so(anna):
    admin("POST", "/faults", {"face": "ews", "operation": "GetFolder", "fault": {"kind": "server_busy", "backoff_ms": 4000}})
    expect(ErrorServerBusy, lambda: anna.inbox.refresh())
    anna.inbox.refresh()


def test_the_folder_says_whether_anything_happened(anna):
    anna.inbox.refresh()
    count, committed = anna.inbox.total_count, anna.inbox.commit_time
    anna.inbox.refresh()
    assert (anna.inbox.total_count, anna.inbox.commit_time) == (count, committed)
    made = draft(anna, "zählt")
    anna.inbox.refresh()
    assert anna.inbox.total_count == count + 1 and anna.inbox.commit_time > committed
    made.delete()
    anna.inbox.refresh()
    assert anna.inbox.total_count == count


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    check_every_answer()
    anna = account(ANNA)
    passed = failed = 0
    for name, test in tests:
        try:
            test(anna)
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc(file=sys.stdout)
    for objection, envelope in CHECKER.objections.items():
        print(f"FAILED schema: {objection}\n  {envelope[:600]!r}")
    failed += len(CHECKER.objections)
    passed += CHECKER.checked > 0 and not CHECKER.objections
    print(f"{CHECKER.checked} answers checked against the schema")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
