//! What people asked for: by a click now, or by a wish that waited for the event (X1).

use ssi_domain::{ReasonCode, mirror::Unfit};

use super::{End, File, Hand, Transfer};

impl Transfer {
    /// Lets an event that was wished for be saved as if it were clicked on; refuses clicks on what is no event.
    pub(super) fn by_hand(&mut self, file: &mut File) {
        let Some(item) = file.item.there() else {
            return;
        };
        if file.look.hand.is_some() && item.event.is_none() {
            let code = ReasonCode::NotAnEvent;
            let detail = code.text().to_owned();
            file.end = Some(End::Unfit(Unfit { code, detail }));
        } else if let Some((wishes, wish)) = self.event_wishes.take(item) {
            file.look.hand = Some(Hand {
                kind: wish.kind,
                links: wish.links,
                also: wish.also,
            });
            file.look.wishes = wishes;
        }
    }
}
