//! Function imports.

use http::StatusCode;

use super::json::{Writer, quoted};
use super::options::{Expand, Options};
use super::reply::Reply;
use crate::crm::{
    Comparison, CrmUser, Filter, Query, Refusal, Schema, UserKind, Value, guid_text, uuid_of,
};

/// Calls a function import.
///
/// # Errors
/// An unknown name is not found.
pub fn call(
    writer: &Writer,
    name: &str,
    options: &Options,
    user: &CrmUser,
) -> Result<Reply, Refusal> {
    match name {
        "IdentityGetLoggedInUserInfo" => Ok(who_am_i(writer, user)),
        "CheckForDuplicates" => duplicates(writer, options),
        other => Err(Refusal::NotFound(other.to_owned())),
    }
}

fn who_am_i(writer: &Writer, user: &CrmUser) -> Reply {
    let employees = Schema::standard().set("EmployeeCollection");
    let row = user.employee.as_deref().zip(employees);
    let row = row.and_then(|(key, set)| Some((set, writer.crm.row(set, key)?)));
    let text = |property: &str| {
        let text = row.map(|(set, row)| writer.crm.text(set, row, property));
        quoted(&text.unwrap_or_default())
    };
    let uuid = user.employee.as_deref().and_then(uuid_of).map(guid_text);
    let uuid = uuid.map_or("null".to_owned(), |uuid| quoted(&uuid));
    let key = quoted(&user.login);
    let uri = format!(
        "{}/LoggedInUserInfoCollection('{}')",
        writer.shape.base, user.login
    );
    let body = format!(
        concat!(
            r#"{{"d":{{"results":[{{"__metadata":{{"uri":{uri},"type":"c4codata.LoggedInUserInfo"}},"#,
            r#""ObjectID":{key},"UserID":{key},"UserName":{name},"EmployeeID":{employee},"#,
            r#""EmployeeUUID":{uuid},"Email":{email},"TimeZoneCode":"CET","LogonLanguageCode":"EN","#,
            r#""TechnicalUserIndicator":{technical},"KeyUserIndicator":false}}]}}}}"#
        ),
        uri = quoted(&uri),
        key = key,
        name = text("BusinessPartnerFormattedName"),
        employee = text("EmployeeID"),
        uuid = uuid,
        email = text("Email"),
        technical = user.kind == UserKind::Technical,
    );
    Reply::json(StatusCode::OK, body)
}

/// Contacts that share the given e-mail address, or first and last name.
fn duplicates(writer: &Writer, options: &Options) -> Result<Reply, Refusal> {
    let set = Schema::standard().set("ContactCollection");
    let set = set.ok_or_else(|| Refusal::NotFound("ContactCollection".to_owned()))?;
    let equal = |property: &str, parameter: &str| {
        let text = options
            .parameter(parameter)
            .filter(|text| !text.is_empty())?;
        Some(Filter::Compare(
            set.position(property)?,
            Comparison::Equal,
            Value::Text(text),
        ))
    };
    let mut filters: Vec<_> = equal("Email", "Email").into_iter().collect();
    if let Some((first, last)) = equal("FirstName", "FirstName").zip(equal("LastName", "LastName"))
    {
        filters.push(Filter::And(vec![first, last]));
    }
    let query = Query {
        filter: Some(Filter::Or(filters)),
        ..Query::default()
    };
    let rows = writer.crm.select(set, &query).into_iter();
    let rows = rows
        .filter_map(|slot| writer.crm.row_at(set, slot))
        .map(|row| {
            let mut out = String::new();
            writer.entity(&mut out, set, row, &Expand::default(), &[]);
            out
        });
    let rows: Vec<_> = rows.collect();
    let body = format!("{{\"d\":{{\"results\":[{}]}}}}", rows.join(","));
    Ok(Reply::json(StatusCode::OK, body))
}
