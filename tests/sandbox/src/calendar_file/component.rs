//! The parser, held off from what it cannot bear.

use std::panic::{AssertUnwindSafe, catch_unwind};

use calcard::{Entry, Parser, icalendar::ICalendar, vcard::VCard};

use super::{MOST, Refusal};

/// A whole calendar or contact of a file.
pub(super) enum Item {
    Calendar(ICalendar),
    Contact(VCard),
}

/// What the text holds, and what of it is no item.
pub(super) fn entries(text: &str) -> (Vec<Item>, Vec<Refusal>) {
    let mut items = Vec::new();
    let mut refused = Vec::new();
    let mut parser = Parser::new(text);
    let mut junk = 0usize;
    loop {
        if items.len() >= MOST {
            let why = format!("the file has more than {MOST} items; the rest was not read");
            refused.push(Refusal::new("", &why));
            break;
        }
        // The parser is another project's; whatever it trips over must not end the program.
        let Ok(entry) = catch_unwind(AssertUnwindSafe(|| parser.entry())) else {
            refused.push(Refusal::new(
                "",
                "the parser gave up on the rest of the file",
            ));
            break;
        };
        match entry {
            Entry::ICalendar(calendar) => items.push(Item::Calendar(calendar)),
            Entry::VCard(contact) => items.push(Item::Contact(contact)),
            Entry::InvalidLine(_) => junk += 1,
            Entry::UnexpectedComponentEnd { .. } => {
                refused.push(Refusal::new("", "a part ends that did not begin"));
            }
            Entry::UnterminatedComponent(_) => {
                refused.push(Refusal::new("", "a part begins and never ends"));
            }
            Entry::TooManyComponents => {
                refused.push(Refusal::new("", "one calendar has too many parts"));
            }
            Entry::Eof => break,
            _ => junk += 1,
        }
        if refused.len() >= MOST {
            break;
        }
    }
    if junk > 0 {
        let why = format!("{junk} lines outside of any item were left out");
        refused.push(Refusal::new("", &why));
    }
    (items, refused)
}
