//! GetStreamingEvents: a chunked answer that is a row of whole envelopes.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getstreamingevents-operation>

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{StreamExt as _, stream};
use tokio::sync::watch;
use tokio::time::Instant;

use super::get_events::event;
use super::operation::Call;
use super::soap::{Answer, Fault, envelope};
use crate::exchange::{Delivery, Event, Failure};
use crate::world::World;
use crate::xml::{element, plain};

/// Most subscriptions on one connection.
const MAX_SUBSCRIPTIONS: usize = 200;

struct Reader {
    world: World,
    ids: Vec<String>,
    version: String,
    changed: watch::Receiver<u64>,
    ends: Instant,
    status_every: Duration,
    ready: VecDeque<String>,
    closed: bool,
}

/// Opens the stream.
pub fn run(call: &Call<'_>) -> Result<Body, Fault> {
    let ids: Vec<String> = call
        .entries("SubscriptionIds")?
        .iter()
        .map(|id| id.text.trim().to_owned())
        .collect();
    let minutes = call
        .required("ConnectionTimeout")?
        .text
        .trim()
        .parse::<u64>()
        .ok();
    let minutes = minutes
        .filter(|minutes| (1..=30).contains(minutes))
        .ok_or_else(|| Fault::schema("ConnectionTimeout must be between 1 and 30"))?;
    if ids.len() > MAX_SUBSCRIPTIONS {
        return Err(Fault::schema("too many subscription ids"));
    }
    let mut exchange = call.world.exchange();
    let version = exchange.settings().newest_version.clone();
    let lost: Vec<String> = ids
        .iter()
        .filter(|id| {
            !exchange.subscription_mut(id).is_some_and(|subscription| {
                let own = subscription.mailbox == call.mailbox || call.impersonates;
                own && subscription.delivery == Delivery::Streaming
            })
        })
        .cloned()
        .collect();
    if !lost.is_empty() {
        return Ok(Body::from(envelope(&version, &not_found(&lost))));
    }
    let length = exchange
        .settings()
        .streaming_minute_ms
        .saturating_mul(minutes);
    let status_every = Duration::from_millis(exchange.settings().streaming_status_ms.max(1));
    let reader = Reader {
        world: call.world.clone(),
        ids,
        version,
        changed: exchange.watch(),
        ends: Instant::now() + Duration::from_millis(length),
        status_every,
        ready: VecDeque::from([status("OK")]),
        closed: false,
    };
    let envelopes = stream::unfold(reader, |mut reader| async move {
        let body = reader.next().await?;
        let whole = Bytes::from(envelope(&reader.version, &body));
        Some((whole, reader))
    });
    Ok(Body::from_stream(envelopes.map(Ok::<_, Infallible>)))
}

fn not_found(lost: &[String]) -> String {
    let mut ids = String::from("<m:ErrorSubscriptionIds>");
    for id in lost {
        element(&mut ids, "m:SubscriptionId", id);
    }
    ids.push_str("</m:ErrorSubscriptionIds>");
    let mut answer = Answer::new("GetStreamingEvents");
    answer.failure(Failure::SUBSCRIPTION, &ids);
    answer.finish()
}

fn status(connection: &str) -> String {
    let mut answer = Answer::new("GetStreamingEvents");
    answer.success(|out| element(out, "m:ConnectionStatus", connection));
    answer.finish()
}

impl Reader {
    /// The next envelope's body: events as soon as there are some, a sign of life now and then, at last `Closed`.
    async fn next(&mut self) -> Option<String> {
        if let Some(body) = self.ready.pop_front() {
            return Some(body);
        }
        if self.closed {
            return None;
        }
        loop {
            // Marked as seen before looking, so that nothing that happens in between is slept through.
            self.changed.borrow_and_update();
            match self.collect() {
                Err(lost) => {
                    self.closed = true;
                    return Some(not_found(&lost));
                }
                Ok(Some(body)) => return Some(body),
                Ok(None) => {}
            }
            let alive = Instant::now() + self.status_every;
            tokio::select! {
                _ = self.changed.changed() => {}
                () = tokio::time::sleep_until(self.ends.min(alive)) => {
                    if Instant::now() >= self.ends {
                        self.closed = true;
                        return Some(status("Closed"));
                    }
                    return Some(self.notifications(&[], true));
                }
            }
        }
    }

    fn collect(&self) -> Result<Option<String>, Vec<String>> {
        let mut found: Vec<(String, u128, Vec<Event>)> = Vec::new();
        let mut lost = Vec::new();
        {
            let mut exchange = self.world.exchange();
            for id in &self.ids {
                let Some(subscription) = exchange.subscription_mut(id) else {
                    lost.push(id.clone());
                    continue;
                };
                let events: Vec<Event> = subscription
                    .pending
                    .drain(..)
                    .map(|(_, event)| event)
                    .collect();
                let mailbox = subscription.mailbox.clone();
                if !events.is_empty()
                    && let Ok(mailbox) = exchange.mailbox(&mailbox)
                {
                    found.push((id.clone(), mailbox.id, events));
                }
            }
        }
        if !lost.is_empty() {
            return Err(lost);
        }
        if found.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.notifications(&found, false)))
    }

    fn notifications(&self, found: &[(String, u128, Vec<Event>)], alive: bool) -> String {
        let mut answer = Answer::new("GetStreamingEvents");
        answer.success(|out| {
            out.push_str("<m:Notifications>");
            for (id, mailbox, events) in found {
                out.push_str("<m:Notification>");
                element(out, "t:SubscriptionId", id);
                plain(out, "t:MoreEvents", false);
                for held in events {
                    event(out, *mailbox, held, None);
                }
                out.push_str("</m:Notification>");
            }
            if alive {
                for id in &self.ids {
                    out.push_str("<m:Notification>");
                    element(out, "t:SubscriptionId", id);
                    plain(out, "t:MoreEvents", false);
                    out.push_str("<t:StatusEvent/></m:Notification>");
                }
            }
            out.push_str("</m:Notifications>");
        });
        answer.finish()
    }
}
