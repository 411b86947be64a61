//! Collections: pages, next links, counts.

use http::StatusCode;

use super::address::Part;
use super::answer::Request;
use super::atom;
use super::json::quoted;
use super::reply::{Format, Reply};
use crate::crm::{Crm, EntitySet, Refusal, Slot};

impl Request<'_> {
    /// Answers a collection, or the number of its rows.
    pub(super) fn rows(
        &self,
        crm: &Crm,
        set: &'static EntitySet,
        from: Option<(&'static EntitySet, String, &'static str)>,
        part: &Part,
    ) -> Result<Reply, Refusal> {
        let mut query = self.options.query(set)?;
        if let Some((parent, key, _)) = &from {
            self.row(crm, parent, key)?;
            query.parent = Some(key.clone());
        }
        let slots = crm.select(set, &query);
        if *part == Part::Count {
            let count = slots.len().to_string();
            return Ok(Reply::new(
                StatusCode::OK,
                "text/plain;charset=utf-8",
                count,
            ));
        }
        let (page, next) = self.page(crm, slots.len());
        let next = next.map(|(token, top)| self.next_link(token, top));
        let total = self.options.counts.then_some(slots.len());
        Ok(self.collection(crm, set, &slots[page], next, total))
    }

    /// The rows of this answer, and where the next page starts with what is left of `$top`.
    fn page(
        &self,
        crm: &Crm,
        found: usize,
    ) -> (std::ops::Range<usize>, Option<(usize, Option<usize>)>) {
        let options = &self.options;
        let start = options
            .skip_token
            .map_or(options.skip, |token| token.saturating_sub(1));
        let start = start.min(found);
        let wanted = options.top.unwrap_or(usize::MAX).min(found - start);
        let limit = match (options.expand.below.is_empty(), options.top) {
            (false, _) => crm.settings.expanded_page,
            (true, None) => crm.settings.page,
            // A client that says how many gets as many.
            (true, Some(_)) => crm.settings.most_rows.unwrap_or(usize::MAX),
        };
        let taken = wanted.min(limit);
        let next = (taken < wanted).then(|| {
            let left = options.top.map(|top| top - taken);
            (start + taken + 1, left)
        });
        (start..start + taken, next)
    }

    fn next_link(&self, token: usize, top: Option<usize>) -> String {
        let kept = self.options.raw.iter();
        let kept =
            kept.filter(|(name, _)| !["$skip", "$skiptoken", "$top"].contains(&name.as_str()));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in kept {
            query.append_pair(name, value);
        }
        if let Some(top) = top {
            query.append_pair("$top", &top.to_string());
        }
        query.append_pair("$skiptoken", &token.to_string());
        // Option names keep their dollar sign, blanks are %20: what the service sends.
        let query = query.finish().replace("%24", "$").replace('+', "%20");
        let path = self.call.path.trim_matches('/');
        format!("{}/{path}?{query}", self.shape.base)
    }

    fn collection(
        &self,
        crm: &Crm,
        set: &'static EntitySet,
        slots: &[Slot],
        next: Option<String>,
        total: Option<usize>,
    ) -> Reply {
        let writer = self.writer(crm);
        let rows = slots.iter().filter_map(|slot| crm.row_at(set, *slot));
        let options = &self.options;
        if self.call.format() == Format::Xml {
            return atom::collection(&writer, set, rows, options, next.as_deref(), total);
        }
        let mut out = String::from("{\"d\":{");
        if let Some(total) = total {
            out.push_str(&format!("\"__count\":\"{total}\","));
        }
        out.push_str("\"results\":[");
        for (nth, row) in rows.enumerate() {
            if nth > 0 {
                out.push(',');
            }
            writer.entity(&mut out, set, row, &options.expand, &options.select);
        }
        out.push(']');
        if let Some(next) = next {
            out.push_str(",\"__next\":");
            out.push_str(&quoted(&next));
        }
        out.push_str("}}");
        Reply::json(StatusCode::OK, out)
    }
}
