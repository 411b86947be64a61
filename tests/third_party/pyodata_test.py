"""Holds the sandbox's C4C to pyodata, SAP's own OData v2 client.

Usage: pyodata_test.py [WORLD]

WORLD (or SSI_SANDBOX_WORLD) is the line of JSON that `ssi-sandbox serve` prints, or just the address of the OData service.
A named user of the demo company proves the CSRF token. Prints every failure and "N passed, N failed";
the exit status is 1 when something failed.
"""

import datetime
import json
import os
import sys
import traceback
import uuid

import pyodata
import requests
from pyodata.exceptions import HttpError

TECHNICAL = ("_SSI_0", "_SSI_0-secret")
NAMED = ("LKELLER", "LKELLER-secret")
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Tenant:
    """A signed-in session with pyodata on top."""

    def __init__(self, root, user):
        self.root = root.rstrip("/") + "/"
        self.http = requests.Session()
        self.http.auth = user
        self.client = pyodata.Client(self.root, self.http)

    def fetch_token(self):
        answer = self.http.get(self.root, headers={"x-csrf-token": "fetch", "Accept": "application/json"})
        answer.raise_for_status()
        self.http.headers["x-csrf-token"] = answer.headers["x-csrf-token"]

    def create(self, name, **values):
        return getattr(self.client.entity_sets, name).create_entity().set(**values).execute()


def strict(tenant):
    """pyodata reads single entities only as the standard has them."""
    tenant.http.headers["odata-v2-strict-json-format"] = "true"
    return tenant


@test
def metadata_is_parsed_whole(root):
    schema = strict(Tenant(root, TECHNICAL)).client.schema
    email = schema.entity_type("EMail")
    assert [key.name for key in email.key_proprties] == ["ObjectID"]
    assert email.proprty("Subject").max_length == 765
    assert email.proprty("GroupwareItemID").filterable
    assert not email.proprty("AccountName").creatable
    names = {nav.name for nav in email.nav_proprties}
    assert {"EMailNotes", "EMailToRecipients", "EMailAttachments"} <= names, names
    assert email.nav_proprty("EMailNotes").to_role.entity_type_name == "EMailNotes"
    sets = {entity_set.name for entity_set in schema.entity_sets}
    assert {"ContactCollection", "LeadCollection", "EMailDirectionCollection"} <= sets
    assert len(schema.function_imports) >= 1


@test
def filters_find_partners_by_address(root):
    contacts = strict(Tenant(root, TECHNICAL)).client.entity_sets.ContactCollection
    found = contacts.get_entities().filter("Email eq 'tim@powerupdev.com'").execute()
    assert [contact.LastName for contact in found] == ["Powerup"]
    request = contacts.get_entities()
    found = request.filter(request.Email == "jeff@37signals.com").execute()
    assert len(found) == 1
    either = contacts.get_entities().filter("Email eq 'iris@internet.ao' or Email eq 'ned@innosoft.com'").execute()
    assert len(either) == 2
    try:
        contacts.get_entities().filter("Email eq 'a' or Phone eq 'b'").execute()
        raise AssertionError("'or' between different properties must be refused")
    except HttpError as error:
        assert error.response.status_code == 400


@test
def pages_are_selected_ordered_and_counted(root):
    contacts = strict(Tenant(root, TECHNICAL)).client.entity_sets.ContactCollection
    rows = contacts.get_entities().select("LastName,ObjectID").order_by("LastName").skip(1).top(3).execute()
    names = [row.LastName for row in rows]
    assert len(names) == 3 and names == sorted(names)
    assert contacts.get_entities().count().execute() >= 40
    inline = contacts.get_entities().top(2).count(inline=True).execute()
    assert inline.total_count >= 40 and len(inline) == 2


@test
def a_relation_is_expanded(root):
    accounts = strict(Tenant(root, TECHNICAL)).client.entity_sets.CorporateAccountCollection
    found = accounts.get_entities().filter("AccountID eq '1000010'")
    found = found.expand("CorporateAccountHasContactPerson").execute()
    people = found[0].CorporateAccountHasContactPerson
    assert {person.Email for person in people} == {"jeff@37signals.com", "jamis@37signals.com"}
    number = {person.ContactID for person in people}
    contact = Tenant(root, TECHNICAL)
    contacts = strict(contact).client.entity_sets.ContactCollection
    found = contacts.get_entities().filter(f"ContactID eq '{sorted(number)[0]}'").expand("CorporateAccount").execute()
    assert found[0].CorporateAccount.Name == "37signals"


@test
def an_email_lives_from_create_to_delete(root):
    tenant = strict(Tenant(root, TECHNICAL))
    emails = tenant.client.entity_sets.EMailCollection
    when = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
    created = emails.create_entity().set(
        Subject="From pyodata",
        GroupwareItemID="<pyodata-1@mail.example>",
        DateTime=when,
        EMailNotes=[{"Text": "The body"}],
        EMailToRecipients=[{"MessageToEmailID": "a@b.example"}, {"MessageToEmailID": "c@d.example"}],
    ).execute()
    key = created.ObjectID
    assert len(key) == 32
    read = emails.get_entity(key).expand("EMailNotes,EMailToRecipients").execute()
    assert read.Subject == "From pyodata"
    assert read.DateTime == when, read.DateTime
    assert [note.Text for note in read.EMailNotes] == ["The body"]
    assert len(read.EMailToRecipients) == 2
    below = emails.get_entity(key).nav("EMailNotes").get_entities().execute()
    assert [note.ParentObjectID for note in below] == [key]
    emails.update_entity(key).set(Subject="Changed").execute()
    assert emails.get_entity(key).execute().Subject == "Changed"
    emails.delete_entity(key).execute()
    try:
        emails.get_entity(key).execute()
        raise AssertionError("a deleted e-mail must be gone")
    except HttpError as error:
        assert error.response.status_code == 404


@test
def a_named_user_writes_only_with_a_token(root):
    tenant = strict(Tenant(root, NAMED))
    try:
        tenant.create("EMailCollection", Subject="no token")
        raise AssertionError("a write without a token must be refused")
    except HttpError as error:
        assert error.response.status_code == 403
        assert error.response.headers["x-csrf-token"] == "Required"
    tenant.fetch_token()
    created = tenant.create("EMailCollection", Subject="with token")
    assert created.OwnerName == "Lena Keller", created.OwnerName


@test
def an_etag_decides(root):
    tenant = strict(Tenant(root, TECHNICAL))
    key = tenant.create("EMailCollection", Subject="one").ObjectID
    url = f"{tenant.root}EMailCollection('{key}')"
    etag = tenant.http.get(url, headers={"Accept": "application/json"}).headers["etag"]
    first = tenant.http.patch(url, json={"Subject": "two"}, headers={"If-Match": etag})
    second = tenant.http.patch(url, json={"Subject": "three"}, headers={"If-Match": etag})
    assert (first.status_code, second.status_code) == (204, 412)


@test
def a_batch_reads_and_changes(root):
    tenant = strict(Tenant(root, TECHNICAL))
    sets = tenant.client.entity_sets
    batch = tenant.client.create_batch("outer")
    batch.add_request(sets.ContactCollection.get_entities().filter("Email eq 'ned@innosoft.com'"))
    changes = tenant.client.create_changeset("inner")
    mail = f"<{uuid.uuid4()}@mail.example>"
    for subject in ("b1", "b2"):
        create = sets.EMailCollection.create_entity().set(Subject=subject, GroupwareItemID=mail)
        # Headers of the batch do not reach its parts.
        create.add_headers({"odata-v2-strict-json-format": "true"})
        changes.add_request(create)
    batch.add_request(changes)
    contacts, created = batch.execute()
    assert [contact.Email for contact in contacts] == ["ned@innosoft.com"]
    assert [email.Subject for email in created] == ["b1", "b2"]
    twice = sets.EMailCollection.get_entities().filter(f"GroupwareItemID eq '{mail}'")
    assert len(twice.execute()) == 2

    batch = tenant.client.create_batch("outer")
    changes = tenant.client.create_changeset("inner")
    changes.add_request(sets.EMailCollection.update_entity(created[0].ObjectID).set(Subject="changed"))
    changes.add_request(sets.EMailCollection.delete_entity(created[1].ObjectID))
    batch.add_request(changes)
    batch.execute()
    assert sets.EMailCollection.get_entity(created[0].ObjectID).execute().Subject == "changed"
    assert len(twice.execute()) == 1


@test
def a_failed_change_set_leaves_nothing(root):
    tenant = strict(Tenant(root, TECHNICAL))
    emails = tenant.client.entity_sets.EMailCollection
    before = emails.get_entities().count().execute()
    batch = tenant.client.create_batch("outer")
    changes = tenant.client.create_changeset("inner")
    changes.add_request(emails.create_entity().set(Subject="fine"))
    changes.add_request(emails.create_entity().set(Subject="x" * 766))
    batch.add_request(changes)
    try:
        batch.execute()
        raise AssertionError("the change set must fail")
    except HttpError as error:
        assert error.response.status_code == 400, error.response.status_code
    assert emails.get_entities().count().execute() == before


@test
def the_function_import_says_who_is_signed_in(root):
    tenant = strict(Tenant(root, TECHNICAL))
    users = tenant.client.functions.IdentityGetLoggedInUserInfo.execute()
    assert [user.UserID for user in users] == ["_SSI_0"], users


def text_of(error):
    """The message of C4C's error envelope."""
    return error.response.json()["error"]["message"]["value"]


def refused(status, call):
    """Makes a call that must fail with a status; returns the error."""
    try:
        call()
    except HttpError as error:
        assert error.response.status_code == status, error.response.status_code
        return error
    raise AssertionError(f"the call must be refused with {status}")


BEGIN = datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.timezone.utc)
END = BEGIN + datetime.timedelta(hours=1)

# Set, what is written, what a PATCH changes, the node of the notes.
ACTIVITIES = [
    (
        "AppointmentCollection",
        {
            "Subject": "Review",
            "StartDate": BEGIN,
            "EndDate": END,
            "StartDatetimeZoneCode": "CET",
            "GroupwareItemID": "pyodata-appointment",
            "MainAccountPartyID": "1000009",
            "OwnerPartyID": "8000000001",
            "FullDayIndicator": False,
        },
        ("Location", "Room 2"),
        "AppointmentTextCollection",
    ),
    (
        "VisitCollection",
        {
            "Subject": "Plant",
            "StartDateTime": BEGIN,
            "EndDateTime": END,
            "StartTimeZoneCode": "CET",
            "GroupwareItemID": "pyodata-visit",
            "MainAccountPartyID": "1000009",
            "OwnerPartyID": "8000000001",
        },
        ("AdditionalLocationName", "Gate 2"),
        "VisitTextCollection",
    ),
    (
        "PhoneCallCollection",
        {
            "Subject": "Call back",
            "StartDateTime": BEGIN,
            "EndDateTime": END,
            "InitiatorCode": "2",
            "GroupwareItemID": "pyodata-call",
            "MainAccountPartyID": "1000009",
            "OwnerPartyID": "8000000001",
        },
        ("Status", "3"),
        "PhoneCallNotes",
    ),
    (
        "TasksCollection",
        {
            "Subject": "Offer",
            "StartDateTime": BEGIN,
            "DueDateTime": END,
            "PriorityCode": "2",
            "MainAccountPartyID": "1000009",
            "MainEmployeeResponsiblePartyID": "8000000001",
        },
        ("Status", "3"),
        "TasksTextCollection",
    ),
]


@test
def metadata_knows_the_mirrored_kinds(root):
    schema = strict(Tenant(root, TECHNICAL)).client.schema
    sets = {entity_set.name for entity_set in schema.entity_sets}
    for name, values, (changed, _), notes in ACTIVITIES:
        kind = schema.entity_type(name.removesuffix("Collection"))
        for prop in [*values, changed]:
            assert kind.proprty(prop).creatable and kind.proprty(prop).updatable, (name, prop)
        assert kind.proprty("EntityLastChangedOn").filterable
        assert not kind.proprty("ETag").filterable
        assert notes in {nav.name for nav in kind.nav_proprties}
        assert name in sets
    assert schema.entity_type("Visit").proprty("GroupwareItemID").max_length == 765
    tasks = {prop.name for prop in schema.entity_type("Tasks").proprties()}
    assert "GroupwareItemID" not in tasks
    assert "RecurringActivityCollection" in sets


@test
def activities_live_from_create_to_delete(root):
    tenant = strict(Tenant(root, TECHNICAL))
    for name, values, (changed, value), notes in ACTIVITIES:
        entities = getattr(tenant.client.entity_sets, name)
        created = entities.create_entity().set(**values, **{notes: [{"Text": "The note"}]}).execute()
        key = created.ObjectID
        read = entities.get_entity(key).expand(notes).execute()
        for prop, sent in values.items():
            assert getattr(read, prop) == sent, (name, prop, getattr(read, prop))
        assert [note.Text for note in getattr(read, notes)] == ["The note"], name
        entities.update_entity(key).set(**{changed: value}).execute()
        after = entities.get_entity(key).execute()
        assert getattr(after, changed) == value and after.Subject == values["Subject"], name
        entities.delete_entity(key).execute()
        refused(404, entities.get_entity(key).execute)
        refused(404, entities.update_entity(key).set(Subject="too late").execute)
        left = entities.get_entities().select("ObjectID").execute()
        assert key not in [row.ObjectID for row in left], name


@test
def header_fields_show_as_involved_parties(root):
    tenant = strict(Tenant(root, TECHNICAL))
    appointments = tenant.client.entity_sets.AppointmentCollection
    key = tenant.create(
        "AppointmentCollection",
        Subject="With people",
        MainAccountPartyID="1000009",
        OwnerPartyID="8000000001",
        AppointmentInvolvedParties=[
            {"RoleCode": "36", "PartyID": "8000000002"},
            {"RoleCode": "36", "PartyEmailURI": "guest@elsewhere.example", "PartyName": "A Guest"},
        ],
    ).ObjectID
    parties = appointments.get_entity(key).nav("AppointmentInvolvedParties").get_entities().execute()
    rows = {(party.RoleCode, party.PartyID) for party in parties}
    assert rows == {("34", "1000009"), ("39", "8000000001"), ("36", "8000000002"), ("36", "")}, rows
    guest = [party for party in parties if party.PartyEmailURI]
    assert [party.PartyEmailURI for party in guest] == ["guest@elsewhere.example"]
    appointments.delete_entity(key).execute()


@test
def an_etag_guards_every_activity(root):
    tenant = strict(Tenant(root, TECHNICAL))
    for name, values, (changed, value), _ in ACTIVITIES:
        key = tenant.create(name, **values).ObjectID
        url = f"{tenant.root}{name}('{key}')"
        etag = tenant.http.get(url, headers={"Accept": "application/json"}).headers["etag"]
        first = tenant.http.patch(url, json={changed: value}, headers={"If-Match": etag})
        second = tenant.http.patch(url, json={changed: value}, headers={"If-Match": etag})
        stale = tenant.http.delete(url, headers={"If-Match": etag})
        assert (first.status_code, second.status_code, stale.status_code) == (204, 412, 412), name
        assert first.content == b"", "a PATCH answers without a body"
        fresh = tenant.http.get(url, headers={"Accept": "application/json"}).headers["etag"]
        gone = tenant.http.delete(url, headers={"If-Match": fresh})
        assert gone.status_code == 204, name


@test
def a_delta_filter_finds_what_changed_since(root):
    tenant = strict(Tenant(root, TECHNICAL))
    for name, values, _, notes in ACTIVITIES:
        entities = getattr(tenant.client.entity_sets, name)
        untouched = tenant.create(name, Subject="untouched").ObjectID
        first = tenant.create(name, **values).ObjectID
        second = tenant.create(name, **values).ObjectID
        url = f"{tenant.root}{name}('{untouched}')"
        mark = entities.get_entity(second).execute().EntityLastChangedOn
        note = tenant.http.post(
            f"{tenant.root}{name}('{first}')/{notes}", json={"Text": "late"}, headers={"Accept": "application/json"}
        )
        assert note.status_code == 201, note.text
        literal = mark.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        changed = entities.get_entities().filter(f"EntityLastChangedOn ge datetimeoffset'{literal}'")
        changed = [row.ObjectID for row in changed.order_by("EntityLastChangedOn").execute()]
        assert changed == [second, first], (name, changed)
        assert untouched not in changed
        for key in (untouched, first, second):
            entities.delete_entity(key).execute()
        assert tenant.http.get(url).status_code == 404


@test
def a_contact_belongs_to_an_account(root):
    tenant = strict(Tenant(root, TECHNICAL))
    contacts = tenant.client.entity_sets.ContactCollection
    created = tenant.create(
        "ContactCollection", FirstName="Eva", LastName="Alt", AccountID="1000009", Phone="+49 (6227) 1"
    )
    read = contacts.get_entity(created.ObjectID).expand("ContactIsContactPersonFor,CorporateAccount").execute()
    assert read.Name == "Eva Alt" and read.NormalisedPhone == "+4962271", read.NormalisedPhone
    assert [row.AccountID for row in read.ContactIsContactPersonFor] == ["1000009"]
    assert read.CorporateAccount.AccountID == "1000009"
    people = tenant.client.entity_sets.CorporateAccountHasContactPersonCollection
    people = people.get_entities().filter(f"ContactID eq '{read.ContactID}'").execute()
    assert [row.AccountID for row in people] == ["1000009"]
    contacts.update_entity(created.ObjectID).set(JobTitle="Buyer").execute()
    after = contacts.get_entity(created.ObjectID).execute()
    assert (after.JobTitle, after.LastName) == ("Buyer", "Alt")
    refused(405, contacts.delete_entity(created.ObjectID).execute)
    contacts.update_entity(created.ObjectID).set(StatusCode="4").execute()
    assert contacts.get_entity(created.ObjectID).execute().StatusCode == "4"


@test
def bad_values_are_refused_with_a_message(root):
    tenant = strict(Tenant(root, TECHNICAL))
    error = refused(400, lambda: tenant.create("ContactCollection", FirstName="Nameless"))
    assert "LastName" in text_of(error), text_of(error)
    error = refused(400, lambda: tenant.create("AppointmentCollection", StartDate=END, EndDate=BEGIN))
    assert "EndDate" in text_of(error), text_of(error)
    error = refused(400, lambda: tenant.create("VisitCollection", StartTimeZoneCode="Nowhere"))
    assert "StartTimeZoneCode" in text_of(error), text_of(error)
    error = refused(400, lambda: tenant.create("TasksCollection", Subject="x" * 766))
    assert "Subject" in text_of(error), text_of(error)


@test
def a_change_set_of_activities_is_all_or_nothing(root):
    tenant = strict(Tenant(root, TECHNICAL))
    sets = tenant.client.entity_sets
    before = sets.VisitCollection.get_entities().count().execute()
    batch = tenant.client.create_batch("outer")
    changes = tenant.client.create_changeset("inner")
    changes.add_request(sets.VisitCollection.create_entity().set(Subject="fine"))
    changes.add_request(sets.TasksCollection.create_entity().set(Subject="x" * 766))
    batch.add_request(changes)
    refused(400, batch.execute)
    assert sets.VisitCollection.get_entities().count().execute() == before


def main():
    world = sys.argv[1] if len(sys.argv) > 1 else os.environ["SSI_SANDBOX_WORLD"]
    root = json.loads(world)["c4c"] if world.startswith("{") else world
    failed = 0
    for function in TESTS:
        try:
            function(root)
        except Exception:  # every failure is counted, whatever it is
            failed += 1
            print(f"FAILED {function.__name__}")
            traceback.print_exc()
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
