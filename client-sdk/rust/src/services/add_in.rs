//! `AddInService`: what the add-in does while its user waits.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use ssi_proto::v1::{
    Card, GetItemStateRequest, GetWishRequest, InitialSearchRequest, ItemState,
    QueueEmailSaveRequest, SaveEmailRequest, SavedEmail, TrackThreadRequest, TrackedThread,
    UntrackThreadRequest, UpdateLinksRequest, UpdateLinksResponse, Wish,
    add_in_service_client::AddInServiceClient, save_email_response::Result as SaveResult,
};

use super::{call, handle, required};
use crate::{Error, EventStream};

handle! {
    /// States, cards, saving and tracking of e-mails.
    AddIn, AddInServiceClient
}

/// What became of a save.
#[derive(Debug, Clone, PartialEq)]
pub enum SaveOutcome {
    /// The e-mail is in the CRM.
    Saved(SavedEmail),
    /// The time was too short; the server goes on. Ask [`AddIn::wish`] how it went.
    Queued(Wish),
}

impl AddIn {
    /// Says whether an e-mail is saved, where, and why or why not.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `mailbox_unknown` or `item_not_found`.
    pub async fn item_state(&self, request: GetItemStateRequest) -> Result<ItemState, Error> {
        required(
            call!(self, get_item_state, request)?.item_state,
            "item state",
        )
    }

    /// Looks up everybody on an item; cards come as they are found.
    ///
    /// # Errors
    /// Opening fails like any call; the stream ends after its first error.
    pub async fn initial_search(
        &self,
        request: InitialSearchRequest,
    ) -> Result<EventStream<Card>, Error> {
        let opened = self.core.open(request, |request| {
            let mut client = self.client.clone();
            async move { client.initial_search(request).await }
        });
        let cards = opened
            .await?
            .map_err(Error::from)
            .try_filter_map(|answer| async move { Ok(answer.card) });
        // tonic's stream may be polled after an error; ours ends there.
        let ended_by_error = stream::unfold(Some(cards.boxed()), |cards| async move {
            let mut cards = cards?;
            match cards.next().await? {
                Ok(card) => Some((Ok(card), Some(cards))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(ended_by_error.boxed())
    }

    /// Saves an e-mail and waits for it. Without a `request_id` a fresh one is taken.
    ///
    /// # Errors
    /// [`Error::Refused`] with the reason code of the rule that forbids it (`service_message`, ...).
    pub async fn save_email(&self, mut request: SaveEmailRequest) -> Result<SaveOutcome, Error> {
        request.request_id = self.core.request_id(request.request_id);
        match required(call!(self, save_email, request)?.result, "result")? {
            SaveResult::SavedEmail(saved) => Ok(SaveOutcome::Saved(saved)),
            SaveResult::Queued(wish) => Ok(SaveOutcome::Queued(wish)),
        }
    }

    /// Asks that an e-mail still being composed be saved once it is sent.
    ///
    /// # Errors
    /// [`Error::Refused`] like any call.
    pub async fn queue_email_save(
        &self,
        mut request: QueueEmailSaveRequest,
    ) -> Result<Wish, Error> {
        request.request_id = self.core.request_id(request.request_id);
        required(call!(self, queue_email_save, request)?.wish, "wish")
    }

    /// Saves the open event and keeps it in step from then on. The answer has a wish when the event is still being
    /// composed or the time was too short; ask [`AddIn::wish`] how it went. A request id is made when the request has none.
    ///
    /// # Errors
    /// [`Error::Refused`] like any call; its reason says what stands in the way.
    pub async fn save_event(
        &self,
        mut request: crate::v1::SaveEventRequest,
    ) -> Result<crate::v1::SaveEventResponse, Error> {
        request.request_id = self.core.request_id(request.request_id);
        call!(self, save_event, request)
    }

    /// Adds links to the record of a saved item and takes links away. A request id is made when the request has
    /// none.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `item_not_found` or `not_saved`.
    pub async fn update_links(
        &self,
        mut request: UpdateLinksRequest,
    ) -> Result<UpdateLinksResponse, Error> {
        request.request_id = self.core.request_id(request.request_id);
        call!(self, update_links, request)
    }

    /// Reads where a queued save stands, by the wish's name.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `wish_not_found`.
    pub async fn wish(&self, name: impl Into<String>) -> Result<Wish, Error> {
        required(
            call!(self, get_wish, GetWishRequest { name: name.into() })?.wish,
            "wish",
        )
    }

    /// Tracks the thread of an e-mail (EM-45).
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `feature_off` or `item_not_found`.
    pub async fn track_thread(
        &self,
        mut request: TrackThreadRequest,
    ) -> Result<TrackedThread, Error> {
        request.request_id = self.core.request_id(request.request_id);
        required(call!(self, track_thread, request)?.thread, "thread")
    }

    /// Stops tracking a thread; not tracking it is fine.
    ///
    /// # Errors
    /// [`Error::Refused`] like any call.
    pub async fn untrack_thread(&self, mut request: UntrackThreadRequest) -> Result<(), Error> {
        request.request_id = self.core.request_id(request.request_id);
        call!(self, untrack_thread, request).map(|_| ())
    }
}
