//! People save an event by hand, while sessions run and things fail (X1).

use std::time::Duration;

use ssi_domain::ItemId;
use ssi_engine::{Engine, EventClick, EventOutcome, SaveEvent};
use ssi_sandbox::World;

use super::{
    Chaos, Plot,
    chosen::Chosen,
    thing::{EVENTS, Thing, Wish},
};
use crate::given::{ANNA, BERND};

/// A click that is about to happen.
pub(super) struct Click {
    /// Which thing.
    pub(super) at: usize,
    /// In whose mailbox: its owner's, or that of a colleague who was invited.
    pub(super) mailbox: &'static str,
    /// What is asked of the engine.
    pub(super) save: SaveEvent,
}

/// Somebody opens an event that is theirs and not private, and saves it; `None`: there is none.
pub(super) fn choose(
    world: &World,
    chaos: &Chaos,
    (plot, chosen): (Plot, &Chosen),
    things: &mut [Thing],
) -> Option<Click> {
    let opens = |thing: &Thing| {
        let theirs = thing.form.is_event() && thing.wish != Wish::Private && !thing.released;
        theirs && thing.deleted.is_none() && thing.item(world).is_some()
    };
    let open: Vec<usize> = (0..things.len()).filter(|at| opens(&things[*at])).collect();
    let at = *chaos.one(&open)?;
    let thing = &mut things[at];
    if thing.wish == Wish::Unasked {
        if plot.kinds {
            thing.form = EVENTS[chaos.below(EVENTS.len())];
            thing.way = chosen.way(thing.form);
        }
        thing.wish = Wish::Tried;
    }
    chaos.watch().click(&thing.tag);
    let (mut made, _) = thing.item(world)?;
    if thing.invited && thing.wish == Wish::Mirrored && chaos.happens(400) {
        let colleague = if thing.mailbox == ANNA { BERND } else { ANNA };
        if let Some((copy, _)) = thing.items_in(world, colleague).into_iter().next() {
            thing.shared = true;
            made = copy;
        }
    }
    let mailbox = if made.mailbox == ANNA { ANNA } else { BERND };
    let save = SaveEvent {
        request_id: None,
        caller: mailbox.to_owned(),
        item: ItemId::new(format!("i{}", made.key)),
        kind: thing.form.record,
        links: None,
        also: Vec::new(),
    };
    Some(Click { at, mailbox, save })
}

/// The answer, in a word.
pub(super) async fn answer(
    engine: Engine,
    mailbox: ssi_domain::MailboxId,
    save: SaveEvent,
) -> String {
    let click = EventClick {
        save,
        composed: None,
        deadline: Duration::from_secs(3_600),
    };
    match engine.click_event(mailbox, click).await {
        Ok(EventOutcome::Saved(saved)) => format!("saved {}", saved.record.kind),
        Ok(EventOutcome::Queued(_)) => "queued".into(),
        Err(error) => format!("error {}", error.reason()),
    }
}

/// What the person knows after the answer.
pub(super) fn heard(thing: &mut Thing, answer: &str) {
    let saved = answer.strip_prefix("saved ");
    if let Some(kind) = saved {
        let form = EVENTS.iter().find(|form| form.record.to_string() == kind);
        thing.form = *form.expect("an event");
    }
    if saved.is_some() || answer == "queued" {
        // Whoever asked for it by its category asked for it anyway.
        thing.by_hand |= thing.wish == Wish::Tried;
        thing.wish = Wish::Mirrored;
    }
}
