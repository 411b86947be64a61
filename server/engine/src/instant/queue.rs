//! Wishes of compose mode, and answers that are given once.

use ssi_domain::{MailboxId, WishId, participant::normalize};
use ssi_store::{Begun, RequestKey};

use super::{QueueSave, save::check};
use crate::{Engine, Error, wish::SavedWish};
use jiff::SignedDuration;
use serde::{Serialize, de::DeserializeOwned};

impl Engine {
    /// Notes that a mail still being written is to be saved; a session does it when the sent copy appears.
    pub async fn queue_save(
        &self,
        mailbox: MailboxId,
        request: QueueSave,
    ) -> Result<WishId, Error> {
        let QueueSave {
            request_id,
            caller,
            client_key,
            subject,
            recipients,
            choice,
        } = request;
        check(&choice)?;
        let row = self.row(mailbox).await?;
        if let ssi_store::MailboxState::Suspended { detail, .. } = row.state {
            let why = format!(
                "sync is suspended ({detail}), so nobody would save the mail; send it, open it and save it by hand"
            );
            return Err(Error::Invalid {
                field: "mailbox",
                why,
            });
        }
        if client_key
            .as_ref()
            .is_some_and(|key| key.is_empty() || key.len() > 100)
        {
            let why = "send 1 to 100 bytes, or leave it out".into();
            return Err(Error::Invalid {
                field: "client_key",
                why,
            });
        }
        let recipients: Vec<String> = recipients
            .iter()
            .take(500)
            .filter_map(|a| normalize(&a.address))
            .collect();
        if client_key.is_none() && subject.trim().is_empty() && recipients.is_empty() {
            let why =
                "without client_key the mail is recognised by subject and recipients; send them"
                    .into();
            return Err(Error::Invalid {
                field: "subject",
                why,
            });
        }
        let wish = SavedWish {
            item: None,
            subject,
            recipients,
            choice,
            event: None,
        };
        self.once(&caller, "QueueEmailSave", request_id, async {
            let id = WishId(self.parts.ids.uuid());
            self.add_wish(mailbox, id, client_key, &wish).await?;
            self.wake_up(mailbox).await?;
            Ok(id)
        })
        .await
    }

    /// Runs `work` once per caller, method and request id; a repetition gets the stored first answer.
    pub(super) async fn once<T, F>(
        &self,
        caller: &str,
        method: &str,
        request_id: Option<String>,
        work: F,
    ) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = Result<T, Error>>,
    {
        let Some(request_id) = request_id.filter(|id| !id.is_empty()) else {
            return work.await;
        };
        if request_id.len() > 128 {
            let why = "send a UUID (AIP-155)".into();
            return Err(Error::Invalid {
                field: "request_id",
                why,
            });
        }
        let key = RequestKey {
            caller: caller.to_owned(),
            method: method.to_owned(),
            request_id,
        };
        let now = self.parts.clock.now();
        match self.parts.store.begin_request(&key, now).await? {
            Begun::Done(bytes) => {
                if let Ok(answer) = serde_json::from_slice(&bytes) {
                    return Ok(answer);
                }
            }
            Begun::Running => {
                return Err(Error::Busy {
                    retry_after: SignedDuration::from_secs(2),
                });
            }
            Begun::Fresh => {}
        }
        let result = work.await;
        match &result {
            Ok(answer) => {
                let bytes = serde_json::to_vec(answer).unwrap_or_default();
                self.parts.store.finish_request(&key, &bytes).await?;
            }
            // A failure is no answer to keep: the same request may be tried again.
            Err(_) => self.parts.store.drop_request(&key).await?,
        }
        result
    }
}
