//! Appointments, visits, phone calls, series, tasks and contacts as a client writes and reads them.

use serde_json::{Value as Json, json};

use super::{JSON, Tenant};
use crate::crm::{Channel, Kind, Schema};

/// A kind with a body that fills its own properties, its nodes and what a PATCH changes.
struct Case {
    kind: Kind,
    body: Json,
    change: (&'static str, &'static str),
    notes: &'static str,
}

fn cases() -> Vec<Case> {
    let (start, end) = ("/Date(1795424400000)/", "/Date(1795428000000)/");
    vec![
        Case {
            kind: Kind::Appointment,
            body: json!({
                "Subject": "Review", "StartDate": start, "EndDate": end, "StartDatetimeZoneCode": "CET",
                "EnddatetimeZoneCode": "CET", "GroupwareItemID": "uid-1", "MainAccountPartyID": "1000009",
                "OwnerPartyID": "8000000001", "InformationSensitivityCode": "3", "FullDayIndicator": false,
                "AppointmentInvolvedParties": [{ "RoleCode": "36", "PartyEmailURI": "guest@x.example" }],
                "AppointmentTextCollection": [{ "Text": "Note", "TypeCode": "10002" }],
                "AppointmentBTDReference": [{ "ID": "1", "TypeCode": "72", "BTDRoleCode": "1" }],
            }),
            change: ("Location", "Room 2"),
            notes: "AppointmentTextCollection",
        },
        Case {
            kind: Kind::Visit,
            body: json!({
                "Subject": "Plant", "StartDateTime": start, "EndDateTime": end, "StartTimeZoneCode": "CET",
                "GroupwareItemID": "uid-2", "MainAccountPartyID": "1000009", "OwnerPartyID": "8000000001",
                "VisitParty": [{ "RoleCode": "36", "Email": "guest@x.example", "PartyName": "Guest" }],
                "VisitTextCollection": [{ "Text": "Note", "TypeCode": "10002" }],
            }),
            change: ("AdditionalLocationName", "Gate 2"),
            notes: "VisitTextCollection",
        },
        Case {
            kind: Kind::PhoneCall,
            body: json!({
                "Subject": "Call", "StartDateTime": start, "EndDateTime": end, "GroupwareItemID": "uid-3",
                "MainAccountPartyID": "1000009", "OwnerPartyID": "8000000001", "InitiatorCode": "2",
                "PhoneCallParties": [{ "RoleCode": "36", "PartyEmailURI": "guest@x.example" }],
                "PhoneCallNotes": [{ "Text": "Note" }],
            }),
            change: ("Subject", "Call again"),
            notes: "PhoneCallNotes",
        },
        Case {
            kind: Kind::Series,
            body: json!({
                "SubjectName": "Weekly", "RecurrenceStartDate": start, "Duration": "PT1H", "TimeZone": "CET",
                "RecurrencePattern": "2", "RecurEveryWeeksOn": 1, "WeeklyIsMonday": true, "NoEndDate": true,
                "GroupwareItemID": "uid-4", "MainAccountPartyID": "1000009", "OwnerPartyID": "8000000001",
                "RecurringActivityText": [{ "Text": "Note" }],
            }),
            change: ("Location", "Room 3"),
            notes: "RecurringActivityText",
        },
        Case {
            kind: Kind::Task,
            body: json!({
                "Subject": "Offer", "StartDateTime": start, "DueDateTime": end, "PriorityCode": "2",
                "MainAccountPartyID": "1000009", "MainEmployeeResponsiblePartyID": "8000000001",
                "CompletionPercent": "25.00", "TasksTextCollection": [{ "Text": "Note", "TypeCode": "10002" }],
            }),
            change: ("Status", "3"),
            notes: "TasksTextCollection",
        },
    ]
}

async fn created(tenant: &Tenant, set: &str, body: &Json) -> String {
    let answer = tenant.post(set, body.clone()).await.expect(201);
    let key = answer.json()["d"]["results"]["ObjectID"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        answer
            .header("location")
            .ends_with(&format!("{set}('{key}')"))
    );
    assert!(answer.header("etag").starts_with("W/\"datetimeoffset'"));
    key
}

#[tokio::test]
async fn activities_live_from_deep_insert_to_delete() {
    let tenant = Tenant::new();
    for case in cases() {
        let set = case.kind.set().name;
        let key = created(&tenant, set, &case.body).await;
        let url = format!("{set}('{key}')");
        let read = tenant
            .get(&format!("{url}?$expand={}", case.notes))
            .await
            .expect(200);
        let row = read.json()["d"]["results"].clone();
        for (name, value) in case.body.as_object().unwrap() {
            if !value.is_array() {
                assert_eq!(&row[name], value, "{set} {name}");
            }
        }
        assert_eq!(row[case.notes][0]["Text"], "Note", "{set}");
        let (name, value) = case.change;
        let etag = read.header("etag").to_owned();
        let matching = [JSON, ("if-match", etag.as_str())];
        let body = json!({ name: value }).to_string();
        let patched = tenant
            .send("PATCH", &url, &matching, &body)
            .await
            .expect(204);
        assert_eq!(patched.text, "", "a PATCH has no answer body");
        tenant
            .send("PATCH", &url, &matching, &body)
            .await
            .expect(412);
        tenant.send("DELETE", &url, &matching, "").await.expect(412);
        let after = tenant.get(&url).await.json()["d"]["results"].clone();
        assert_eq!(after[name], value);
        assert_eq!(
            after["GroupwareItemID"], row["GroupwareItemID"],
            "a PATCH merges"
        );
        let seen = tenant.world.crm().record(case.kind, &key).unwrap();
        assert_eq!(seen.changed_by, Channel::Integration);
        let roles: Vec<_> = seen
            .parties
            .iter()
            .map(|party| party.role.as_str())
            .collect();
        assert!(
            roles.contains(&"39") && roles.contains(&"34"),
            "{set} {roles:?}"
        );
        tenant.send("DELETE", &url, &[JSON], "").await.expect(204);
        tenant.get(&url).await.expect(404);
        tenant.send("PATCH", &url, &[JSON], &body).await.expect(404);
        assert_eq!(tenant.get(&format!("{set}/$count")).await.text, "0");
        let children = format!("{}Collection/$count", case.notes);
        assert_eq!(tenant.get(&children).await.text, "0", "nodes go along");
    }
    assert_eq!(tenant.world.crm().deletions().len(), 5);
}

#[tokio::test]
async fn the_metadata_announces_every_kind_with_its_nodes() {
    let tenant = Tenant::new();
    let metadata = tenant.get("$metadata").await.expect(200).text;
    for name in [
        "VisitPartyCollection",
        "VisitAttachmentCollection",
        "PhoneCallPartiesCollection",
        "PhoneCallParticipantsCollection",
        "RecurringActivityPartyCollection",
        "CorporateAccountAttachmentFolderCollection",
        "IndividualCustomerAttachmentFolderCollection",
        "VisitStatusCollection",
        "PhoneCallStartDateTimeZoneCodeCollection",
    ] {
        assert!(
            metadata.contains(&format!("EntitySet Name=\"{name}\"")),
            "{name}"
        );
    }
    let zones = tenant
        .get("VisitStartTimeZoneCodeCollection")
        .await
        .column("Code");
    assert!(zones.iter().any(|code| code == "CET") && zones.iter().any(|code| code == "UTC"));
    assert!(zones.iter().all(|code| code.len() <= 10));
}

#[tokio::test]
async fn organizer_and_owner_fall_to_the_named_user_who_writes() {
    let tenant = Tenant::new();
    let lena = super::basic("LKELLER", "LKELLER-secret");
    tenant.world.crm().settings.csrf_cookie = "token".to_owned();
    let token = tenant.world.crm().users.issue_token();
    let cookie = format!(
        "token={}",
        token
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D")
    );
    let headers = [
        JSON,
        ("authorization", lena.as_str()),
        ("x-csrf-token", token.as_str()),
        ("cookie", cookie.as_str()),
    ];
    for (set, owner) in [
        ("AppointmentCollection", "OwnerPartyID"),
        ("VisitCollection", "OwnerPartyID"),
        ("PhoneCallCollection", "OwnerPartyID"),
        ("RecurringActivityCollection", "OwnerPartyID"),
        ("TasksCollection", "MainEmployeeResponsiblePartyID"),
    ] {
        let answer = tenant.send("POST", set, &headers, "{}").await.expect(201);
        let row = answer.json()["d"]["results"].clone();
        assert_eq!(row[owner], "8000000001", "{set}");
        if Schema::standard()
            .set(set)
            .unwrap()
            .position("OrganizerPartyID")
            .is_some()
        {
            assert_eq!(row["OrganizerPartyID"], "8000000001", "{set}");
        }
        let nobody = tenant.post(set, json!({})).await.expect(201);
        let row = nobody.json()["d"]["results"].clone();
        assert_eq!(row[owner], "", "a technical user is nobody's owner: {set}");
    }
}

#[tokio::test]
async fn a_delta_filter_finds_header_and_node_changes_in_order() {
    let tenant = Tenant::new();
    for (nth, case) in cases().into_iter().enumerate() {
        let set = case.kind.set().name;
        let first = created(&tenant, set, &json!({})).await;
        let second = created(&tenant, set, &case.body).await;
        let mark = tenant.world.crm().record(case.kind, &second).unwrap();
        let mark = mark.changed_on.unwrap();
        let node = format!("{}Collection", case.notes);
        let note = json!({ "ParentObjectID": first, "Text": format!("late {nth}") });
        tenant.post(&node, note).await.expect(201);
        let url = format!(
            "{set}?$filter=EntityLastChangedOn ge datetimeoffset'{mark}'&$orderby=EntityLastChangedOn&$select=ObjectID"
        );
        let found = tenant.get(&url).await.expect(200).column("ObjectID");
        assert_eq!(
            found,
            [second.clone(), first.clone()],
            "{set}: a note moves its root"
        );
        tenant
            .send("DELETE", &format!("{set}('{second}')"), &[JSON], "")
            .await
            .expect(204);
        let found = tenant.get(&url).await.column("ObjectID");
        assert_eq!(
            found,
            [first],
            "{set}: what is deleted leaves no trace in the delta"
        );
    }
}

#[tokio::test]
async fn a_contact_has_relations_addresses_notes_and_files() {
    let tenant = Tenant::new();
    let body = json!({
        "LastName": "Alt", "FirstName": "Eva", "AccountID": "1000009", "Phone": "+49 (6227) 1",
        "ContactTextCollection": [{ "Text": "Met at the fair" }],
        "ContactPersonalAddress": [{ "City": "Bonn", "CountryCode": "DE", "Mobile": "+49 170 1" }],
        "ContactAttachmentFolder": [{ "Name": "card.png", "CategoryCode": "2", "Binary": "aGk=" }],
    });
    let key = created(&tenant, "ContactCollection", &body).await;
    let expand = "ContactIsContactPersonFor,ContactPersonalAddress,CorporateAccount";
    let url = format!("ContactCollection('{key}')?$expand={expand}");
    let row = tenant.get(&url).await.json()["d"]["results"].clone();
    assert_eq!(row["ContactIsContactPersonFor"][0]["AccountID"], "1000009");
    assert_eq!(
        row["ContactPersonalAddress"][0]["NormalisedMobile"],
        "+491701"
    );
    assert_eq!(row["CorporateAccount"]["AccountID"], "1000009");
    assert_eq!(
        (&row["Name"], &row["NormalisedPhone"]),
        (&json!("Eva Alt"), &json!("+4962271"))
    );
    let account = format!(
        "CorporateAccountHasContactPersonCollection?$filter=ContactID eq '{}'",
        row["ContactID"].as_str().unwrap()
    );
    assert_eq!(tenant.get(&account).await.column("AccountID"), ["1000009"]);
    let seen = tenant.world.crm().contact(&key).unwrap();
    assert_eq!(seen.record.attachments[0].size, 2);
    assert_eq!(seen.record.notes[0].text, "Met at the fair");
}

#[tokio::test]
async fn keys_of_other_systems_are_kept_and_found() {
    let tenant = Tenant::new();
    let body = json!({ "LocalObjectID": "1100029", "RemoteObjectID": "outlook-1", "RemoteBusinessSystemID": "SSI" });
    let key = created(&tenant, "ObjectIdentifierMappingCollection", &body).await;
    let url = "ObjectIdentifierMappingCollection?$filter=RemoteObjectID eq 'outlook-1'";
    assert_eq!(tenant.get(url).await.column("ObjectID").concat(), key);
    let url = format!("ObjectIdentifierMappingCollection('{key}')");
    tenant.send("DELETE", &url, &[JSON], "").await.expect(204);
    tenant.get(&url).await.expect(404);
}

#[tokio::test]
async fn both_nodes_and_the_header_say_the_same_about_a_contacts_accounts() {
    let tenant = Tenant::new();
    let body = json!({ "LastName": "Alt", "AccountID": "1000009" });
    let key = created(&tenant, "ContactCollection", &body).await;
    let url = format!("ContactCollection('{key}')");
    let seen = |tenant: &Tenant| tenant.world.crm().contact(&key).unwrap();
    let number = seen(&tenant).record.number;
    let contacts_of = |account: &str| {
        let crm = tenant.world.crm();
        let account = crm.by_number(Kind::Account, account).unwrap();
        crm.account(&account).unwrap().contacts
    };
    let second = json!({ "AccountID": "1000010" });
    let nodes = format!("{url}/ContactIsContactPersonFor");
    tenant.post(&nodes, second).await.expect(201);
    assert_eq!(
        seen(&tenant).account,
        "1000009",
        "a further account is not the main one"
    );
    assert!(contacts_of("1000010").contains(&number));
    tenant
        .patch(&url, json!({ "AccountID": "1000010" }))
        .await
        .expect(204);
    let mains = tenant.get(&nodes).await.rows();
    let mains: Vec<_> = mains
        .iter()
        .map(|row| {
            (
                row["AccountID"].as_str().unwrap(),
                row["ReverseMainIndicator"] == true,
            )
        })
        .collect();
    assert_eq!(mains, [("1000009", false), ("1000010", true)]);
    let main = format!(
        "CorporateAccountHasContactPersonCollection?$filter=ContactID eq '{number}' and AccountID eq '1000010'"
    );
    let node = tenant.get(&main).await.column("ObjectID").remove(0);
    let node = format!("CorporateAccountHasContactPersonCollection('{node}')");
    tenant.send("DELETE", &node, &[JSON], "").await.expect(204);
    let after = seen(&tenant);
    assert_eq!(
        (after.account.as_str(), after.accounts),
        ("", vec!["1000009".to_owned()])
    );
    let third = json!({ "ContactID": number });
    let account = tenant
        .world
        .crm()
        .by_number(Kind::Account, "1000010")
        .unwrap();
    let nodes = format!("CorporateAccountCollection('{account}')/CorporateAccountHasContactPerson");
    tenant.post(&nodes, third).await.expect(201);
    assert_eq!(
        seen(&tenant).account,
        "1000010",
        "the first account becomes the main one"
    );
}
