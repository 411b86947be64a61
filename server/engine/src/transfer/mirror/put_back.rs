//! Putting back what lost a collision, when a person settles it the other way (INV-2).

use ssi_domain::{
    Record, Value,
    merge::Baseline,
    port::{CrmWrite, ItemWrite, PortError, Shape},
};
use ssi_store::MirrorRow;

use super::{Transfer, gather::shape};
use crate::Error;

/// Values that shall stand again on the side they come from; the mirror carries them over from there.
#[derive(Debug, Default)]
pub(crate) struct Back {
    /// On the item, in the mailbox's form.
    pub mail: Record,
    /// On the record, in the CRM's form.
    pub crm: Record,
}

impl Back {
    /// Notes a value; nothing clears the field.
    pub(crate) fn note(record: &mut Record, field: &str, value: &serde_json::Value) {
        let value = serde_json::from_value::<Option<Value>>(value.clone());
        let cleared = || Value::Text(String::new());
        record.set(field, value.ok().flatten().unwrap_or_else(cleared));
    }
}

impl Transfer {
    /// Writes the values as their people once did. Refused as `Stale` when a field was changed since the pair was
    /// in step: what stands there now is newer than the choice.
    pub(crate) async fn put_back(&mut self, row: &MirrorRow, back: Back) -> Result<(), Error> {
        let gone = || PortError::Gone {
            detail: "one side of the pair is gone".into(),
        };
        let tables = self.tables.clone();
        let ids = std::slice::from_ref(&row.item);
        let item = self.mail.get(ids, Shape::Full).await?.into_iter().next();
        let mut item = item.unwrap_or(Ok(None))?.ok_or_else(gone)?;
        shape(&mut item, row.kind);
        let record = self.crm.get(std::slice::from_ref(&row.record)).await?;
        let record = record.into_iter().next().flatten().ok_or_else(gone)?;
        let table = tables.of(row.kind).ok_or_else(gone)?;
        let baseline: Baseline = serde_json::from_value(row.baseline.clone()).unwrap_or_default();
        let both = back.mail.iter().chain(back.crm.iter());
        for (field, _) in both {
            let key = &self.digest_key;
            if !baseline.field_unmoved(key, table, field, &item.record, &record.value) {
                let detail = format!("{field} was changed since");
                return Err(PortError::Stale { detail }.into());
            }
        }
        if back.mail.iter().next().is_some() {
            self.writes += 1;
            let write = ItemWrite::Update {
                item: row.item.clone(),
                version: item.version,
                kind: row.kind,
                set: back.mail,
                categories: None,
                link: None,
            };
            for answer in self.mail.put(&[write]).await? {
                answer?;
            }
        }
        if back.crm.iter().next().is_some() {
            self.writes += 1;
            let write = CrmWrite::Update {
                record: row.record.clone(),
                version: record.version,
                set: back.crm,
                parties: None,
            };
            for answer in self.crm.put(vec![write]).await? {
                answer?;
            }
        }
        Ok(())
    }
}
