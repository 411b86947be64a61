//! `AddInService`: what the sidebar asks while the user waits.

use std::pin::Pin;

use futures::Stream;
use ssi_domain::WishId;
use ssi_engine::{
    Cards, Error, EventOutcome, ItemKey, ItemState, SaveEmail, SaveOutcome, Saved, Standing,
    UpdateLinks,
};
use ssi_proto::{
    name::{self, Collection},
    v1::{
        self, GetItemStateRequest, GetItemStateResponse, GetWishRequest, GetWishResponse,
        InitialSearchRequest, InitialSearchResponse, QueueEmailSaveRequest, QueueEmailSaveResponse,
        SaveEmailRequest, SaveEmailResponse, SavedEmail, TrackThreadRequest, TrackThreadResponse,
        TrackedThread, UntrackThreadRequest, UntrackThreadResponse,
        add_in_service_server::AddInService, item_state::State,
        save_email_response::Result as SaveResult,
    },
};
use tonic::{Request, Response, Status};

use super::{
    Handlers, card,
    choice::{queue_save, save_choice, save_event, update_links},
    convert,
    guard::time_left,
    read, status,
};

#[tonic::async_trait]
impl AddInService for Handlers {
    async fn get_item_state(
        &self,
        request: Request<GetItemStateRequest>,
    ) -> Result<Response<GetItemStateResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let keys = read::item_keys(&asked.item_id, &asked.internet_message_id)?;
        let engine = &self.inner.engine;
        let state = by_either(keys, |key| async move {
            engine.item_state(mailbox.id, &key).await
        });
        let state = item_state(&mailbox.address, state.await.map_err(status::engine)?);
        Ok(Response::new(GetItemStateResponse {
            item_state: Some(state),
        }))
    }

    type InitialSearchStream =
        Pin<Box<dyn Stream<Item = Result<InitialSearchResponse, Status>> + Send>>;

    async fn initial_search(
        &self,
        request: Request<InitialSearchRequest>,
    ) -> Result<Response<Self::InitialSearchStream>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let engine = &self.inner.engine;
        let named = !asked.item_id.is_empty() || !asked.internet_message_id.trim().is_empty();
        let cards = if named {
            let keys = read::item_keys(&asked.item_id, &asked.internet_message_id)?;
            by_either(keys, |key| async move {
                engine.stream_cards(mailbox.id, &key).await
            })
            .await
        } else {
            let people = read::placed_participants("participants", &asked.participants)?;
            engine.stream_composing(mailbox.id, &people).await
        };
        Ok(Response::new(streamed(cards.map_err(status::engine)?)))
    }

    async fn save_email(
        &self,
        request: Request<SaveEmailRequest>,
    ) -> Result<Response<SaveEmailResponse>, Status> {
        let caller = self.caller(&request)?;
        let deadline = time_left(&request);
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let keys = read::item_keys(&asked.item_id, &asked.internet_message_id)?;
        let request_id = read::request_id(&asked.request_id)?;
        let untrack = asked.track_thread == Some(false);
        let choice = save_choice(asked)?;
        let (engine, scope) = (&self.inner.engine, caller.scope());
        let save = |item: ItemKey| {
            let request = SaveEmail {
                request_id: request_id.clone(),
                caller: scope.clone(),
                item: item.clone(),
                choice: choice.clone(),
                deadline,
            };
            async move {
                let outcome = engine.save_email(mailbox.id, request).await?;
                if untrack {
                    engine.untrack_thread(mailbox.id, &item).await?;
                }
                Ok(outcome)
            }
        };
        let result = match by_either(keys, save).await.map_err(status::engine)? {
            SaveOutcome::Saved(done) => SaveResult::SavedEmail(saved(done)),
            SaveOutcome::Queued(id) => SaveResult::Queued(wish(&mailbox.address, id)),
        };
        Ok(Response::new(SaveEmailResponse {
            result: Some(result),
        }))
    }

    async fn save_event(
        &self,
        request: Request<v1::SaveEventRequest>,
    ) -> Result<Response<v1::SaveEventResponse>, Status> {
        let caller = self.caller(&request)?;
        let deadline = time_left(&request);
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let wanted = save_event(caller.scope(), deadline, asked)?;
        let outcome = self.inner.engine.click_event(mailbox.id, wanted).await;
        let answer = match outcome.map_err(status::engine)? {
            EventOutcome::Saved(saved) => v1::SaveEventResponse {
                record: Some(convert::record(&saved.record, saved.url)),
                already_saved: saved.already_saved,
                trace: Some(convert::trace(saved.trace, None)),
                links: convert::links(saved.links),
                queued: None,
            },
            EventOutcome::Queued(id) => v1::SaveEventResponse {
                queued: Some(wish(&mailbox.address, id)),
                ..Default::default()
            },
        };
        Ok(Response::new(answer))
    }

    async fn update_links(
        &self,
        request: Request<v1::UpdateLinksRequest>,
    ) -> Result<Response<v1::UpdateLinksResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let keys = read::item_keys(&asked.item_id, &asked.internet_message_id)?;
        let first = keys.first().cloned();
        let first = first.ok_or_else(|| status::invalid("item_id", "name the item"))?;
        let wanted = update_links(caller.scope(), first, &asked)?;
        let engine = &self.inner.engine;
        let change = |item: ItemKey| {
            let wanted = UpdateLinks {
                item,
                ..wanted.clone()
            };
            async move { engine.update_links(mailbox.id, wanted).await }
        };
        let changed = by_either(keys, change).await.map_err(status::engine)?;
        Ok(Response::new(v1::UpdateLinksResponse {
            record: Some(convert::record(&changed.record, changed.url)),
            links: convert::links(changed.links),
        }))
    }

    async fn queue_email_save(
        &self,
        request: Request<QueueEmailSaveRequest>,
    ) -> Result<Response<QueueEmailSaveResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let wanted = queue_save(caller.scope(), asked)?;
        let id = self
            .inner
            .engine
            .queue_save(mailbox.id, wanted)
            .await
            .map_err(status::engine)?;
        Ok(Response::new(QueueEmailSaveResponse {
            wish: Some(wish(&mailbox.address, id)),
        }))
    }

    async fn get_wish(
        &self,
        request: Request<GetWishRequest>,
    ) -> Result<Response<GetWishResponse>, Status> {
        let caller = self.caller(&request)?;
        let (address, id) = read::child("name", &request.into_inner().name, Collection::Wishes)?;
        let mailbox = self.mailbox_at(&caller, &address)?;
        let id: WishId = read::id("name", &id)?;
        let store = self.inner.engine.store();
        let failed = |error| status::engine(Error::Store(error));
        let fulfilled = store.wish_fulfilled(mailbox.id, id).await.map_err(failed)?;
        let fulfilled =
            fulfilled.ok_or_else(|| status::engine(Error::NotFound { what: "wish" }))?;
        let now = self.inner.clock.now();
        let open = store.open_wishes(mailbox.id, now).await.map_err(failed)?;
        let open = open.into_iter().find(|row| row.id == id);
        let state = match (fulfilled, &open) {
            (true, _) => v1::wish::State::Saved,
            (false, Some(_)) => v1::wish::State::Pending,
            (false, None) => v1::wish::State::Expired,
        };
        let wish = v1::Wish {
            state: state.into(),
            create_time: open.as_ref().map(|row| convert::time(row.created_at)),
            expire_time: open.as_ref().map(|row| convert::time(row.expires_at)),
            ..wish(&mailbox.address, id)
        };
        Ok(Response::new(GetWishResponse { wish: Some(wish) }))
    }

    async fn track_thread(
        &self,
        request: Request<TrackThreadRequest>,
    ) -> Result<Response<TrackThreadResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let keys = read::item_keys(&asked.item_id, &asked.internet_message_id)?;
        let thread = thread_name(&mailbox.address, &keys);
        let engine = &self.inner.engine;
        let track = |key: ItemKey| async move { engine.track_thread(mailbox.id, &key).await };
        by_either(keys, track).await.map_err(status::engine)?;
        Ok(Response::new(TrackThreadResponse {
            thread: Some(TrackedThread {
                name: thread,
                create_time: Some(convert::time(self.inner.clock.now())),
            }),
        }))
    }

    async fn untrack_thread(
        &self,
        request: Request<UntrackThreadRequest>,
    ) -> Result<Response<UntrackThreadResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let keys = match asked.thread.as_str() {
            "" => read::item_keys(&asked.item_id, &asked.internet_message_id)?,
            name => thread_keys(&mailbox.address, name)?,
        };
        let engine = &self.inner.engine;
        let untrack = |key: ItemKey| async move { engine.untrack_thread(mailbox.id, &key).await };
        by_either(keys, untrack).await.map_err(status::engine)?;
        Ok(Response::new(UntrackThreadResponse {}))
    }
}

/// Calls with each key in turn until one names an item: an item id changes when the item moves, the
/// Message-ID does not.
pub(super) async fn by_either<T, F>(
    keys: Vec<ItemKey>,
    call: impl Fn(ItemKey) -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut last = Error::NotFound { what: "item" };
    for key in keys {
        match call(key).await {
            Err(error @ Error::NotFound { what: "item" }) => last = error,
            other => return other,
        }
    }
    Err(last)
}

/// The cards as they come; the stream ends after its first error.
fn streamed(cards: Cards) -> <Handlers as AddInService>::InitialSearchStream {
    let next = |mut cards: Cards| async move {
        let answer = match cards.recv().await? {
            Ok(card) => Ok(InitialSearchResponse {
                card: Some(card::card(card)),
            }),
            Err(error) => {
                cards.close();
                Err(status::engine(error))
            }
        };
        Some((answer, cards))
    };
    Box::pin(futures::stream::unfold(cards, next))
}

fn item_state(address: &str, state: ItemState) -> v1::ItemState {
    let ItemState {
        standing,
        refused,
        trace,
        thread_tracked,
    } = state;
    let mut answer = v1::ItemState {
        trace: trace.map(|trace| convert::trace(trace, None)),
        thread_tracked,
        can_save: refused.is_none(),
        ..Default::default()
    };
    let state = match standing {
        Standing::NotSaved => State::NotSaved,
        Standing::Saved { record, url, links } => {
            answer.record = Some(convert::record(&record, url));
            answer.links = convert::links(links);
            State::Saved
        }
        Standing::Queued => {
            answer.wish = Some(v1::Wish {
                state: v1::wish::State::Pending.into(),
                ..Default::default()
            });
            State::Queued
        }
        Standing::Failed { code, message } => {
            answer.issue = Some(v1::Issue {
                name: name::mailbox(address),
                code,
                message,
                kind: v1::RecordKind::Email.into(),
                state: v1::issue::State::Open.into(),
                ..Default::default()
            });
            State::Failed
        }
    };
    answer.state = state.into();
    answer
}

fn saved(saved: Saved) -> SavedEmail {
    let Saved {
        record,
        url,
        links,
        already_saved,
        trace,
    } = saved;
    SavedEmail {
        record: Some(convert::record(&record, url)),
        links: convert::links(links),
        already_saved,
        trace: Some(convert::trace(trace, None)),
        skipped_attachments: Vec::new(),
    }
}

fn wish(address: &str, id: WishId) -> v1::Wish {
    v1::Wish {
        name: name::child(address, Collection::Wishes, &id.to_string()),
        state: v1::wish::State::Pending.into(),
        ..Default::default()
    }
}

/// The name of a thread: by one of its messages. Opaque to clients.
fn thread_name(address: &str, keys: &[ItemKey]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    // The Message-ID where the client gave it: it survives moves.
    let key = keys
        .last()
        .map(|key| serde_json::to_vec(key).unwrap_or_default());
    let id = URL_SAFE_NO_PAD.encode(key.unwrap_or_default());
    name::child(address, Collection::Threads, &id)
}

fn thread_keys(address: &str, thread: &str) -> Result<Vec<ItemKey>, Status> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let (of, id) = read::child("thread", thread, Collection::Threads)?;
    let key = URL_SAFE_NO_PAD
        .decode(id)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match key {
        Some(key) if of == address => Ok(vec![key]),
        Some(_) => Err(status::invalid("thread", "belongs to another mailbox")),
        None => Err(status::invalid(
            "thread",
            "write the name that TrackThread gave",
        )),
    }
}
