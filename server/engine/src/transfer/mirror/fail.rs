//! The category of errors on items that could not be brought into step (MBX-03). The decision takes it off again when
//! they are.

use ssi_domain::{
    ReasonCode, Record,
    mirror::error_categories,
    port::{ItemWrite, PortError},
};

use super::{End, File, Transfer};
use crate::Error;

impl Transfer {
    /// Marks what failed. Whoever pressed a button was told; what is read only is left as it is (CON-22).
    pub(super) async fn mark_failed(&mut self, files: &mut [File]) -> Result<(), Error> {
        let mut places = Vec::new();
        let mut writes = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let failed = match &file.end {
                Some(End::Unfit(unfit)) => unfit.code != ReasonCode::ReadOnlyKind,
                Some(End::Failed(_)) => true,
                _ => false,
            };
            let Some(item) = file
                .item
                .there()
                .filter(|_| failed && file.look.hand.is_none())
            else {
                continue;
            };
            let Some(categories) = error_categories(item, &self.settings) else {
                continue;
            };
            places.push(at);
            writes.push(ItemWrite::Update {
                item: item.id.clone(),
                version: file
                    .item_version
                    .clone()
                    .unwrap_or_else(|| item.version.clone()),
                kind: file.kind,
                set: Record::new(),
                categories: Some(categories),
                link: None,
            });
        }
        let answers = match self.put_items(&writes).await {
            Ok(answers) => answers,
            Err(Error::Port(error)) => {
                self.bear(error);
                let failed = PortError::transient("marks were not written");
                vec![Err(failed); writes.len()]
            }
            Err(error) => return Err(error),
        };
        for (at, answer) in places.into_iter().zip(answers) {
            // Somebody was at it meanwhile, or the server is away: the next look marks it.
            files[at].mark_open =
                answer.is_err_and(|error| !matches!(error, PortError::Gone { .. }));
        }
        Ok(())
    }
}
