//! People save an open mail by hand, while sessions run and things fail (EM-02).

use std::time::Duration;

use ssi_domain::ItemId;
use ssi_engine::{Engine, ItemKey, SaveChoice, SaveEmail, SaveOutcome};
use ssi_sandbox::World;

use super::{
    Chaos,
    chosen::Chosen,
    letter::{Copy, Letter},
};

/// A click that is about to happen.
pub(super) struct LetterClick {
    /// Which mail.
    pub(super) at: usize,
    /// The copy that is open.
    pub(super) copy: Copy,
    /// What is asked of the engine.
    pub(super) save: SaveEmail,
}

/// Somebody opens a mail and saves it; `None`: there is none.
pub(super) fn choose(
    world: &World,
    chaos: &Chaos,
    chosen: &Chosen,
    letters: &[Letter],
) -> Option<LetterClick> {
    let at = chaos.below(letters.len());
    let letter = letters.get(at)?;
    let mut copies = letter.copies(world);
    if copies.is_empty() {
        return None;
    }
    let copy = copies.swap_remove(chaos.below(copies.len()));
    chaos.watch().click(&letter.tag);
    // A phone knows no ids of the server.
    let by_id = letter.message_id.is_empty() || letter.shares_id || chaos.happens(700);
    let item = match by_id {
        true => ItemKey::Item(ItemId::new(format!("i{}", copy.made.key))),
        false => ItemKey::MessageId(letter.message_id.clone()),
    };
    let choice = SaveChoice {
        include_eml: chosen.settings.eml_copy,
        ..SaveChoice::default()
    };
    let save = SaveEmail {
        request_id: None,
        caller: copy.made.mailbox.clone(),
        item,
        choice,
        deadline: Duration::from_secs(3_600),
    };
    Some(LetterClick { at, copy, save })
}

/// The answer, in a word.
pub(super) async fn answer(
    engine: Engine,
    mailbox: ssi_domain::MailboxId,
    save: SaveEmail,
) -> String {
    match Box::pin(engine.save_email(mailbox, save)).await {
        Ok(SaveOutcome::Saved(_)) => "saved".into(),
        Ok(SaveOutcome::Queued(_)) => "queued".into(),
        Err(error) => format!("error {}", error.reason()),
    }
}
