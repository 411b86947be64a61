//! Who would be made for pairs that are about to be written: the decisions of [`super::resolve`] and
//! [`super::company`] with nothing reserved, made or kept.

use ssi_domain::{
    Kind, ReasonCode, Trace,
    autolink::mailbox_key,
    plan::Effect,
    port::CrmWrite,
    resolve::{Company, Creation, resolve},
    settings::ResolveAs,
};

use super::{
    File, Transfer,
    company::{as_name, wanted_company},
    resolve::wants_people,
};
use crate::Error;

impl Transfer {
    /// Plans people of unknown attendees and accounts of contacts' companies, each once in a dry run.
    pub(super) async fn rehearse_parties(&mut self, files: &mut [File]) -> Result<(), Error> {
        for file in files.iter_mut() {
            if self.settings.resolve.people != ResolveAs::Off && wants_people(file) {
                self.rehearse_people(file).await?;
            }
            if let Some(company) = wanted_company(file).filter(|_| file.open()) {
                self.rehearse_account(file, &company).await?;
            }
        }
        Ok(())
    }

    async fn rehearse_people(&mut self, file: &mut File) -> Result<(), Error> {
        let people = file.people.all().to_vec();
        let hits = self.behind(&people);
        let (creations, trace) = resolve(&people, &hits, &self.settings);
        for creation in creations {
            let key = self.reservation("address", &mailbox_key(&creation.address));
            let fresh = self.is_free(Kind::Contact, key).await?;
            if !fresh || !self.people_at(&creation.address).await?.is_empty() {
                continue;
            }
            if let Company::New { name, domain } = &creation.company {
                self.rehearse_company(file, &creation, (name, domain), &trace)
                    .await?;
            }
            note(file, self.person_write(&creation, None), trace.clone());
        }
        Ok(())
    }

    async fn rehearse_company(
        &mut self,
        file: &mut File,
        creation: &Creation,
        (name, domain): (&str, &str),
        trace: &Trace,
    ) -> Result<(), Error> {
        let key = self.reservation("domain", domain);
        let fresh = self.is_free(Kind::Account, key).await?;
        if fresh && self.accounts_called(name).await?.is_empty() {
            note(file, self.company_write(creation, name), trace.clone());
        }
        Ok(())
    }

    /// CON-31 to CON-33.
    async fn rehearse_account(&mut self, file: &mut File, company: &str) -> Result<(), Error> {
        if self.settings.mirror.accounts_read_only {
            return Ok(());
        }
        let name = as_name(company);
        let key = self.reservation("company", &name.to_lowercase());
        let fresh = self.is_free(Kind::Account, key).await?;
        let stands = !fresh
            || self.called(&name).await?.is_some()
            || self.only_alike(&name).await?.is_some();
        if !stands {
            let mut trace = Trace::new();
            trace.note("CON-33", ReasonCode::AccountMade, "would be made");
            note(file, self.account_write(&name), trace);
        }
        Ok(())
    }

    /// Whether a reservation would let something be made: nothing was made or is being made under it, and the dry
    /// run did not tell it before.
    async fn is_free(&mut self, kind: Kind, key: String) -> Result<bool, Error> {
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        let keys = std::slice::from_ref(&key);
        let rows = store.links_by_keys(&self.row.tenant, kind, keys).await?;
        let taken = rows
            .iter()
            .any(|row| row.record.is_some() || row.held_until.is_some_and(|until| until > now));
        Ok(self.told.parties.insert(key) && !taken)
    }
}

fn note(file: &mut File, write: CrmWrite, trace: Trace) {
    if let CrmWrite::Create {
        kind,
        identity_key,
        record,
        parties,
        ..
    } = write
    {
        let effect = Effect::CreateRecord {
            kind,
            identity_key,
            record,
            parties,
            attachments: Vec::new(),
            message_copy: None,
        };
        file.parties.push((effect, trace));
    }
}
