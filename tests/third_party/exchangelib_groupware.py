"""Events, tasks and contacts as exchangelib reads and writes them. Run by exchangelib_test.py."""

import base64
import datetime
from decimal import Decimal
import zoneinfo

from exchangelib import (
    UTC,
    CalendarItem,
    Contact,
    EWSTimeZone,
    ExtendedProperty,
    FileAttachment,
    HTMLBody,
    Mailbox,
    Task,
)
from exchangelib.errors import (
    ErrorCalendarEndDateIsEarlierThanStartDate,
    ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange,
    ErrorCalendarOccurrenceIsDeletedFromRecurrence,
    ErrorItemNotFound,
    ErrorOccurrenceCrossingBoundary,
)
from exchangelib.folders import Calendar, Tasks
from exchangelib.indexed_properties import EmailAddress, PhoneNumber, PhysicalAddress
from exchangelib.items import SEND_ONLY_TO_ALL, SEND_TO_ALL_AND_SAVE_COPY, SEND_TO_NONE
from exchangelib.properties import Attendee
from exchangelib.recurrence import (
    AbsoluteMonthlyPattern,
    DailyPattern,
    NoEndPattern,
    NumberedPattern,
    Recurrence,
    RelativeYearlyPattern,
    WeeklyPattern,
)

from exchangelib_world import ANNA, BERND, account, admin, expect

__all__ = ["BERLIN"]
BERLIN = EWSTimeZone("Europe/Berlin")


class CleanId(ExtendedProperty):
    distinguished_property_set_id = "Meeting"
    property_id = 0x23
    property_type = "Binary"


class EventLink(ExtendedProperty):
    property_set_id = "a1b2c3d4-0000-4000-8000-00c0ffee0001"
    property_name = "EventLink"
    property_type = "String"


for kind in (CalendarItem, Task, Contact):
    kind.register("event_link", EventLink)
CalendarItem.register("clean_id", CleanId)


def test(function):
    __all__.append(function.__name__)
    return function


def at(hour, day=1, month=12, minute=0, zone=BERLIN):
    return datetime.datetime(2026, month, day, hour, minute, tzinfo=zone)


def utc(hour, day=1, month=12, minute=0):
    return at(hour, day, month, minute, UTC)


def event(anna, subject, start, end, **more):
    return CalendarItem(account=anna, folder=more.pop("folder", anna.calendar), subject=subject, start=start, end=end, **more)


def changes(folder):
    """What has happened in a folder since the last look."""
    return [(kind, item.id) for kind, item in folder.sync_items()]


@test
def test_an_event_is_created_read_and_changed(anna):
    made = event(anna, "Besuch  ", at(10), at(11), body=HTMLBody("<p>Öl</p>"), location="Wien", categories=["Rot"],
                 sensitivity="Private", importance="High", legacy_free_busy_status="OOF", reminder_is_set=True,
                 reminder_minutes_before_start=20, event_link="00163E").save()
    read = anna.calendar.get(id=made.id)
    assert read.subject == "Besuch" and read.location == "Wien", read
    assert (read.start, read.end) == (utc(9), utc(10)), (read.start, read.end)
    assert read._start_timezone == BERLIN and read._end_timezone == BERLIN
    assert read.body.startswith("<html>\r\n<head>\r\n<meta ") and "<p>Öl</p>" in read.body, read.body
    assert (read.sensitivity, read.importance, read.legacy_free_busy_status) == ("Private", "High", "OOF")
    assert read.reminder_is_set and read.reminder_minutes_before_start == 20 and read.reminder_due_by == utc(9)
    assert read.type == "Single" and not read.is_meeting and not read.is_recurring and not read.is_all_day
    assert read.my_response_type == "Organizer" and read.organizer.email_address == anna.primary_smtp_address
    assert read.duration == "PT1H" and read.appointment_sequence_number == 0
    assert read.uid.startswith("040000008200E00074C5B7101A82E008") and read.event_link == "00163E"
    assert base64.b16encode(read.clean_id).decode() == read.uid
    assert read.datetime_created and read.last_modified_time
    before = read.changekey
    read.start, read.end, read.location, read.categories = at(12), at(12, minute=45), None, ["Rot", "Blau"]
    read.save(update_fields=["start", "end", "location", "categories"])
    again = anna.calendar.get(id=made.id)
    assert again.changekey != before and again.uid == read.uid
    assert (again.start, again.end, again.location) == (utc(11), utc(11, minute=45), None)
    assert again.categories == ["Rot", "Blau"] and again.event_link == "00163E"
    made.refresh()
    made.delete()


@test
def test_an_event_that_ends_before_it_begins_is_refused(anna):
    made = event(anna, "rückwärts", at(10), at(11)).save()
    made.start = at(13)
    expect(ErrorCalendarEndDateIsEarlierThanStartDate, lambda: made.save(update_fields=["start"]))
    assert anna.calendar.get(id=made.id).start == utc(9)
    made.delete()


@test
def test_a_uid_comes_in_through_the_global_object_id(anna):
    lead = bytes.fromhex("040000008200E00074C5B7101A82E008") + bytes(20)
    data = b"vCal-Uid\x01\0\0\0" + b"7a@calendar.example\0"
    made = event(anna, "von fern", at(10), at(11), clean_id=lead + len(data).to_bytes(4, "little") + data).save()
    read = anna.calendar.get(id=made.id)
    assert read.uid == "7a@calendar.example", read.uid
    assert read.clean_id == lead + len(data).to_bytes(4, "little") + data
    made.delete()


@test
def test_an_all_day_event_stays_on_its_days(anna):
    first, last = datetime.date(2026, 4, 28), datetime.date(2026, 4, 29)
    made = event(anna, "Messe", first, last, is_all_day=True, _start_timezone=BERLIN, _end_timezone=BERLIN).save()
    read = anna.calendar.get(id=made.id)
    assert read.is_all_day and (read.start, read.end) == (first, last), (read.start, read.end)
    assert read.duration == "P2D", read.duration
    read.delete()


@test
def test_a_series_keeps_changed_and_deleted_occurrences(anna):
    calendar = Calendar(parent=anna.calendar, name="Serie").save()
    weekly = Recurrence(pattern=WeeklyPattern(interval=1, weekdays=["Monday"], first_day_of_week="Monday"),
                        boundary=NumberedPattern(start=datetime.date(2026, 10, 19), number=4))
    made = event(anna, "jour fixe", at(10, 19, 10), at(11, 19, 10), recurrence=weekly, folder=calendar).save()
    assert changes(calendar) == [("create", made.id)]
    master = calendar.get(id=made.id)
    assert master.type == "RecurringMaster" and master.recurrence.boundary.number == 4, master.recurrence
    assert master.recurrence.pattern == weekly.pattern, master.recurrence
    assert master.recurrence.boundary.start == datetime.date(2026, 10, 19)
    assert master.first_occurrence.start == utc(8, 19, 10)
    assert master.last_occurrence.start == utc(9, 9, 11), "the wall clock stays when the clocks change"
    assert not master.modified_occurrences and not master.deleted_occurrences

    second = master.occurrence(index=2)
    second.refresh()
    assert second.type == "Occurrence" and second.start == utc(9, 26, 10) and second.is_recurring
    assert second.original_start == utc(9, 26, 10) and second.uid == master.uid
    second.subject, second.start, second.end = "verschoben", at(14, 27, 10), at(15, 27, 10)
    second.save(update_fields=["subject", "start", "end"])
    assert changes(calendar) == [("update", made.id)], "an exception shows as an update of the series"
    third = master.occurrence(index=3)
    third.refresh()
    third.delete()
    assert changes(calendar) == [("update", made.id)]

    master.refresh()
    [changed], [deleted] = master.modified_occurrences, master.deleted_occurrences
    assert (changed.start, changed.original_start) == (utc(13, 27, 10), utc(9, 26, 10))
    assert deleted.start == utc(9, 2, 11)
    exception = calendar.get(id=changed.id)
    assert exception.type == "Exception" and exception.subject == "verschoben"
    assert exception.recurrence_id == utc(9, 26, 10)
    exception.recurring_master().refresh()
    view = calendar.view(start=utc(0, 1, 10), end=utc(0, 1, 12))
    assert [(e.subject, e.start) for e in view] == [
        ("jour fixe", utc(8, 19, 10)), ("verschoben", utc(13, 27, 10)), ("jour fixe", utc(9, 9, 11))]
    assert [e.type for e in calendar.all()] == ["RecurringMaster"]

    expect(ErrorCalendarOccurrenceIsDeletedFromRecurrence, lambda: master.occurrence(index=3).refresh())
    expect(ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange, lambda: master.occurrence(index=5).refresh())
    exception.start, exception.end = at(10, 9, 11), at(11, 9, 11)
    expect(ErrorOccurrenceCrossingBoundary, lambda: exception.save(update_fields=["start", "end"]))

    master.refresh()
    master.recurrence = Recurrence(pattern=DailyPattern(interval=2),
                                   boundary=NumberedPattern(start=datetime.date(2026, 10, 19), number=3))
    master.save(update_fields=["recurrence"])
    master.refresh()
    assert not master.modified_occurrences and not master.deleted_occurrences, "a new pattern drops exceptions"
    assert master.last_occurrence.start == utc(8, 23, 10)
    assert list(anna.fetch([changed]))[0].__class__ is ErrorItemNotFound, "ids of occurrences die with the pattern"
    master.delete()
    assert changes(calendar) == [("delete", made.id)]
    calendar.delete()


@test
def test_patterns_and_ranges_come_back_as_written(anna):
    start = datetime.date(2026, 12, 1)
    for pattern in (AbsoluteMonthlyPattern(interval=2, day_of_month=31), DailyPattern(interval=3),
                    RelativeYearlyPattern(weekday="Thursday", week_number="Fourth", month="November")):
        made = event(anna, "Muster", at(10), at(11),
                     recurrence=Recurrence(pattern=pattern, boundary=NoEndPattern(start=start))).save()
        read = anna.calendar.get(id=made.id)
        assert read.recurrence.pattern == pattern, read.recurrence
        assert read.recurrence.boundary == NoEndPattern(start=start) and read.last_occurrence is None
        read.delete()


@test
def test_a_meeting_is_sent_or_not(anna):
    bernd = account(BERND)
    admin("DELETE", "/notices")
    guests = [Attendee(mailbox=Mailbox(email_address=BERND["address"]), response_type="Unknown")]
    quiet = event(anna, "still", at(8), at(9), required_attendees=guests).save(send_meeting_invitations=SEND_TO_NONE)
    assert bernd.calendar.filter(subject="still").count() == 0 and bernd.inbox.filter(subject="still").count() == 0
    assert anna.calendar.get(id=quiet.id).is_meeting
    assert admin("GET", "/notices") == []

    made = event(anna, "Vertrag", at(10), at(11), required_attendees=guests)
    made.save(send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
    own = anna.calendar.get(id=made.id)
    assert own.required_attendees[0].mailbox.name == BERND["name"], own.required_attendees
    assert anna.sent.filter(subject="Vertrag").count() == 1
    [copy] = list(bernd.calendar.filter(subject="Vertrag"))
    copy = bernd.calendar.get(id=copy.id)
    assert copy.uid == own.uid and copy.is_meeting and copy.start == utc(9)
    assert copy.my_response_type == "NoResponseReceived" and copy.organizer.email_address == anna.primary_smtp_address
    [request] = list(bernd.inbox.filter(subject="Vertrag"))
    assert request.item_class == "IPM.Schedule.Meeting.Request" and not request.is_read
    request = bernd.inbox.get(id=request.id)
    assert request.associated_calendar_item_id.id == copy.id and request.meeting_request_type == "NewMeetingRequest"

    copy.accept()
    own.refresh()
    assert own.required_attendees[0].response_type == "Accept" and own.required_attendees[0].last_response_time
    assert bernd.calendar.get(id=copy.id).my_response_type == "Accept"
    assert anna.inbox.filter(subject="Accepted: Vertrag").count() == 1
    assert bernd.inbox.filter(subject="Vertrag").count() == 0

    own.location = "Linz"
    own.save(update_fields=["location"], send_meeting_invitations=SEND_TO_NONE)
    assert bernd.calendar.get(id=copy.id).location is None
    own.start, own.end = at(12), at(13)
    own.save(update_fields=["start", "end"], send_meeting_invitations=SEND_ONLY_TO_ALL)
    copy = bernd.calendar.get(id=copy.id)
    assert (copy.start, copy.location, copy.my_response_type) == (utc(11), "Linz", "NoResponseReceived")
    assert copy.appointment_sequence_number == 1

    own.refresh()
    own.move_to_trash(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
    copy = bernd.calendar.get(id=copy.id)
    assert copy.is_cancelled and copy.subject == "Canceled: Vertrag" and copy.legacy_free_busy_status == "Free"
    [notice] = list(bernd.inbox.filter(subject="Canceled: Vertrag"))
    assert notice.item_class == "IPM.Schedule.Meeting.Canceled"
    copy.delete()
    quiet.delete()
    sent = [(n["kind"], n["from"], n["cause"], n["recipients"]) for n in admin("GET", "/notices")]
    program = lambda who: {"Ews": {"login": who["login"]}}  # noqa: E731
    assert sent == [
        ("Request", ANNA["address"], program(ANNA), [BERND["address"]]),
        ("Response", BERND["address"], program(BERND), [ANNA["address"]]),
        ("Update", ANNA["address"], program(ANNA), [BERND["address"]]),
        ("Cancellation", ANNA["address"], program(ANNA), [BERND["address"]]),
    ], sent


@test
def test_events_and_contacts_carry_attachments(anna):
    made = event(anna, "mit Anhang", at(10), at(11)).save()
    before = anna.calendar.get(id=made.id).changekey
    made.attach(FileAttachment(name="Plan.txt", content="Öl".encode()))
    read = anna.calendar.get(id=made.id)
    assert read.has_attachments and read.changekey != before
    assert read.attachments[0].name == "Plan.txt" and read.attachments[0].content.decode() == "Öl"
    read.detach(read.attachments[0])
    assert not anna.calendar.get(id=made.id).has_attachments
    read.refresh()
    read.delete()
    contact = Contact(account=anna, folder=anna.contacts, display_name="Bild", given_name="B",
                      attachments=[FileAttachment(name="ContactPicture.jpg", content=b"\xff\xd8")]).save()
    assert anna.contacts.get(id=contact.id).attachments[0].content == b"\xff\xd8"
    contact.delete()


@test
def test_a_task_is_counted_in_days(anna):
    tasks = Tasks(parent=anna.tasks, name="SAP Tasks").save()
    made = Task(account=anna, folder=tasks, subject="anrufen", start_date=datetime.date(2026, 12, 20),
                due_date=datetime.date(2026, 12, 24), body="Nummer", importance="Low", event_link="x").save()
    assert changes(tasks) == [("create", made.id)]
    read = tasks.get(id=made.id)
    assert (read.start_date, read.due_date) == (datetime.date(2026, 12, 20), datetime.date(2026, 12, 24))
    assert (read.status, read.percent_complete, read.is_complete) == ("NotStarted", 0, False)
    assert (read.importance, read.event_link, read.text_body) == ("Low", "x", "Nummer")
    read.percent_complete = Decimal(50)
    read.save(update_fields=["percent_complete"])
    read = tasks.get(id=made.id)
    assert (read.status, read.percent_complete, read.complete_date) == ("InProgress", 50, None)
    read.complete()
    read = tasks.get(id=made.id)
    assert (read.status, read.percent_complete, read.is_complete) == ("Completed", 100, True)
    assert read.complete_date is not None and read.due_date == datetime.date(2026, 12, 24)
    assert changes(tasks) == [("update", made.id)]
    old = read.id
    read.move(anna.tasks)
    assert read.id != old and changes(tasks) == [("delete", old)]
    read.delete()
    tasks.delete()


@test
def test_a_contact_keeps_its_dictionaries(anna):
    made = Contact(
        account=anna, folder=anna.contacts, given_name="Eva", middle_name="M.", surname="Huber", company_name="Huber GmbH",
        display_name="Eva Huber", file_as_mapping="LastCommaFirst", job_title="Chefin", department="Leitung",
        birthday=datetime.date(1980, 2, 29), body="Notiz", categories=["SAP Contacts"], event_link="y",
        email_addresses=[EmailAddress(label="EmailAddress1", email="eva@example.com"),
                         EmailAddress(label="EmailAddress3", email="e3@example.com")],
        phone_numbers=[PhoneNumber(label="MobilePhone", phone_number="+43 1"),
                       PhoneNumber(label="BusinessPhone", phone_number="+43 2")],
        physical_addresses=[PhysicalAddress(label="Business", street="Ring 1", city="Wien", zipcode="1010", country="AT")],
    ).save()
    assert ("create", made.id) in changes(anna.contacts)
    read = anna.contacts.get(id=made.id)
    assert read.file_as == "Huber, Eva M." and read.complete_name.full_name == "Eva M. Huber", (read.file_as, read.complete_name)
    assert (read.job_title, read.department, read.birthday) == ("Chefin", "Leitung", datetime.date(1980, 2, 29))
    assert {e.label: e.email for e in read.email_addresses} == {"EmailAddress1": "eva@example.com", "EmailAddress3": "e3@example.com"}
    assert {p.label: p.phone_number for p in read.phone_numbers} == {"MobilePhone": "+43 1", "BusinessPhone": "+43 2"}
    [place] = read.physical_addresses
    assert (place.label, place.street, place.city, place.state, place.country, place.zipcode) == (
        "Business", "Ring 1", "Wien", None, "AT", "1010"), place
    read.surname = "Maier"
    read.email_addresses = [EmailAddress(label="EmailAddress1", email="eva.maier@example.com")]
    read.phone_numbers = [PhoneNumber(label="MobilePhone", phone_number="+43 9"),
                          PhoneNumber(label="HomePhone", phone_number="+43 3")]
    read.physical_addresses = [PhysicalAddress(label="Business", street="Ring 2", city="Wien", zipcode="1010", country="AT")]
    read.save(update_fields=["surname", "email_addresses", "phone_numbers", "physical_addresses"])
    assert changes(anna.contacts) == [("update", made.id)]
    read = anna.contacts.get(id=made.id)
    assert read.file_as == "Maier, Eva M." and read.event_link == "y" and read.categories == ["SAP Contacts"]
    assert [e.email for e in read.email_addresses] == ["eva.maier@example.com"], read.email_addresses
    assert {p.label: p.phone_number for p in read.phone_numbers} == {"MobilePhone": "+43 9", "HomePhone": "+43 3"}
    assert read.physical_addresses[0].street == "Ring 2" and read.physical_addresses[0].city == "Wien"
    read.delete()
    assert changes(anna.contacts) == [("delete", made.id)]
