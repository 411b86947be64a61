//! Clicks that are sent twice (AIP-155): done once, answered the same.

use jiff::SignedDuration;
use prost::Message;
use ssi_engine::Error;
use ssi_store::{Begun, RequestKey};
use tonic::{Response, Status};

use super::{Handlers, read, status, sync::failed};
use crate::auth::Caller;

/// When to ask again while the first of two equal requests is still being worked on.
const RUNNING: SignedDuration = SignedDuration::from_secs(2);

impl Handlers {
    /// Does `work` once per caller, method and request id. A repetition gets the first answer; a request that was
    /// refused may be sent again. Without an id every request counts.
    pub(super) async fn once<A>(
        &self,
        caller: &Caller,
        method: &str,
        request_id: &str,
        work: impl Future<Output = Result<A, Status>> + Send,
    ) -> Result<Response<A>, Status>
    where
        A: Message + Default,
    {
        let Some(request_id) = read::request_id(request_id)? else {
            return work.await.map(Response::new);
        };
        let key = RequestKey {
            caller: caller.scope(),
            method: method.to_owned(),
            request_id,
        };
        let store = self.inner.engine.store();
        let now = self.inner.clock.now();
        match store.begin_request(&key, now).await.map_err(failed)? {
            Begun::Fresh => {}
            Begun::Done(answer) => {
                // An answer that cannot be read is an older version's: what it says was done all the same.
                let answer = A::decode(answer.as_slice()).unwrap_or_default();
                return Ok(Response::new(answer));
            }
            Begun::Running => {
                let retry_after = RUNNING;
                return Err(status::engine(Error::Busy { retry_after }));
            }
        }
        let answer = work.await;
        match &answer {
            Ok(answer) => {
                let bytes = answer.encode_to_vec();
                let kept = store.finish_request(&key, &bytes).await;
                kept.map_err(failed)?;
            }
            Err(_) => store.drop_request(&key).await.map_err(failed)?,
        }
        answer.map(Response::new)
    }
}
