//! The keys by which mails of one thread recognise each other (EM-45, EM-46).

use ssi_domain::Record;

/// At most so many references of a mail are looked at; the first and the latest say enough.
const MOST_REFERENCES: usize = 32;

/// The thread keys of a mail: its conversation, its own Message-ID and those it answers to.
pub(crate) fn thread_keys(record: &Record) -> Vec<String> {
    let mut keys = Vec::new();
    let conversation = record.text("conversation").trim();
    if usable(conversation) {
        keys.push(format!("conversation:{conversation}"));
    }
    let references = record.text("references");
    let ids = references.split_whitespace().take(MOST_REFERENCES).chain([
        record.text("in_reply_to").trim(),
        record.text("message_id").trim(),
    ]);
    for id in ids.filter(|id| usable(id)) {
        let key = format!("message:{id}");
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// Whether a mail server's word can be a key: RFC 5322 lines end at 998 characters, and databases take no
/// control characters.
fn usable(id: &str) -> bool {
    !id.is_empty() && id.len() <= 998 && !id.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use ssi_domain::Record;

    use super::thread_keys;

    #[test]
    fn an_answer_shares_a_key_with_the_first_mail() {
        let first = Record::new().with("message_id", "<a@x>");
        let answer = Record::new()
            .with("message_id", "<b@x>")
            .with("references", "<a@x>\n <c@x>")
            .with("in_reply_to", "<c@x>");
        let shared = thread_keys(&answer)
            .into_iter()
            .any(|k| thread_keys(&first).contains(&k));
        assert!(shared);
    }
}
