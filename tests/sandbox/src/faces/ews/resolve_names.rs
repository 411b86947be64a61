//! ResolveNames, against the people who have a mailbox here.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation>

use super::operation::Call;
use super::soap::Answer;
use crate::exchange::Failure;
use crate::xml::{attribute, element};

/// Matches by start of a name part, or by address.
pub fn run(call: &Call<'_>) -> String {
    let entry = call
        .request
        .child_text("UnresolvedEntry")
        .unwrap_or_default()
        .to_lowercase();
    let entry = entry.trim_start_matches("smtp:");
    let exchange = call.world.exchange();
    let mut people: Vec<(&str, &str)> = exchange
        .mailboxes()
        .filter(|mailbox| {
            let named = mailbox
                .name
                .to_lowercase()
                .split(' ')
                .any(|part| part.starts_with(entry));
            !entry.is_empty() && (named || mailbox.address.to_lowercase().starts_with(entry))
        })
        .map(|mailbox| (mailbox.name.as_str(), mailbox.address.as_str()))
        .collect();
    people.sort_unstable();
    let mut answer = Answer::new("ResolveNames");
    let (class, failure) = match people.len() {
        0 => {
            answer.failure(Failure::NO_RESULTS, "");
            return answer.finish();
        }
        1 => ("Success", None),
        _ => ("Warning", Some(Failure::MULTIPLE_RESULTS)),
    };
    answer.message(class, |out| {
        if let Some(failure) = failure {
            element(out, "m:MessageText", failure.text);
        }
        element(out, "m:ResponseCode", failure.map_or("NoError", |failure| failure.code));
        if failure.is_some() {
            out.push_str("<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>");
        }
        out.push_str("<m:ResolutionSet");
        attribute(out, "TotalItemsInView", &people.len().to_string());
        out.push_str(" IncludesLastItemInRange=\"true\">");
        for (name, address) in &people {
            out.push_str("<t:Resolution><t:Mailbox>");
            element(out, "t:Name", name);
            element(out, "t:EmailAddress", address);
            out.push_str("<t:RoutingType>SMTP</t:RoutingType><t:MailboxType>Mailbox</t:MailboxType></t:Mailbox></t:Resolution>");
        }
        out.push_str("</m:ResolutionSet>");
    });
    answer.finish()
}
