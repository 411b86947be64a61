//! Taking the former record of a pair away after another one was made in its place (CAL-62). It comes after the new
//! one, so that a crash in between loses nothing; the next session finds both and goes on here.

use ssi_domain::{
    Value,
    port::{CrmWrite, PortError},
};

use super::{End, File, Seen, Transfer};
use crate::Error;

impl File {
    fn may_retire(&self) -> bool {
        let stands = !matches!(
            self.end,
            Some(End::Failed(_) | End::Doomed | End::Later | End::Unfit(_))
        );
        self.retire.is_some() && stands && !self.again && self.record.is_some()
    }
}

impl Transfer {
    pub(super) async fn retire(&mut self, files: &mut [File]) -> Result<(), Error> {
        for file in files.iter_mut().filter(|file| file.may_retire()) {
            let Some(mut write) = file.retire.take() else {
                continue;
            };
            if let CrmWrite::Update { set, .. } = &mut write {
                // The key belongs to the new record (INV-1).
                set.set("identity_key", Value::Text(String::new()));
            }
            if file.wrote {
                // What was read is the old record; the new one has only what was sent.
                file.crm = Seen::Gone;
            }
            self.writes += 1;
            match self.crm.put(vec![write]).await?.into_iter().next() {
                // Edited meanwhile: it stays for people to see (INV-6).
                Some(Err(PortError::Stale { .. } | PortError::Gone { .. })) => {}
                Some(Err(error)) if error.is_item_problem() => file.end = Some(End::Failed(error)),
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(_)) | None => {}
            }
        }
        Ok(())
    }
}
