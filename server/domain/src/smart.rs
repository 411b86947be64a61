//! The Smart Description: chosen fields of the CRM's record, copied into the text of its item in the mailbox below a
//! line (SD-01…05). One way only: what stands below the line never goes to the CRM, so that it can neither grow nor
//! come back. And the two locations of a visit in the one a mailbox has (CAL-74).

use std::borrow::Cow;

/// The line between the user's own text and what was inserted (SD-03).
pub const DELIMITER: &str = "++++++++++++++++++++++++++++++++++";

/// Values longer than this are cut: a description shall stay readable.
const LONGEST: usize = 2_000;

/// The user's own text with the chosen fields below it, plain text. Fields without a value are left out; without
/// any the text stays alone. An older block is replaced.
///
/// Law: `strip(&render(text, fields))` is `strip(text)` without white space at its end, and rendering twice is
/// rendering once.
pub fn render(text: &str, fields: &[(&str, &str)]) -> String {
    let own = strip(text).trim_end();
    let lines: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(label, value)| format!("{}: {}", defused(label), defused(value)))
        .collect();
    if lines.is_empty() {
        return own.to_owned();
    }
    let between = if own.is_empty() { "" } else { "\n\n" };
    format!("{own}{between}{DELIMITER}\n{}\n", lines.join("\n"))
}

/// The user's own text: what stands above the first delimiter line, without the blank lines before it. The text
/// itself where there is none.
pub fn strip(text: &str) -> &str {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        if is_delimiter(line) {
            return text[..from].trim_end();
        }
        from += line.len();
    }
    text
}

/// The user's own text of an HTML body: what stands before the delimiter, without the tags opened for the block. The
/// text itself where there is none.
pub fn strip_html(html: &str) -> &str {
    let shortest = &DELIMITER[..DELIMITER.len() - 4];
    let Some(at) = html.find(shortest) else {
        return html;
    };
    let mut own = &html[..at];
    loop {
        own = own.trim_end().trim_end_matches("&nbsp;");
        let tag = own
            .strip_suffix('>')
            .and_then(|bare| bare.rfind('<'))
            .filter(|&from| opens_block(&own[from..]));
        match tag {
            Some(from) => own = &own[..from],
            None => return own.trim_end(),
        }
    }
}

/// Whether a tag only leads to what follows it: an opening one, or a line break.
fn opens_block(tag: &str) -> bool {
    let name: String = tag[1..]
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let name = name.to_ascii_lowercase();
    ["div", "p", "span", "font", "pre", "br", "b", "i"].contains(&name.as_str())
}

/// [`render`] for an HTML body: the user's formatting stays.
pub fn render_html(html: &str, fields: &[(&str, &str)]) -> String {
    let own = strip_html(html);
    // What was cut off behind the block are closing tags only.
    let (body, end) = match own.to_ascii_lowercase().rfind("</body") {
        Some(at) => own.split_at(at),
        None => (
            own,
            if own.len() < html.len() {
                "</body></html>"
            } else {
                ""
            },
        ),
    };
    let end = match html.to_ascii_lowercase().contains("<body") {
        true => end,
        false => "",
    };
    let lines: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(label, value)| {
            let line = format!("{}: {}", defused(label), defused(value));
            line.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
        })
        .collect();
    match lines.is_empty() {
        true => format!("{body}{end}"),
        false => format!(
            "{body}<div>{DELIMITER}<br>{}</div>{end}",
            lines.join("<br>")
        ),
    }
}

/// Whether a line is the delimiter, also where a mail program has quoted or indented it, or cut it by a few.
fn is_delimiter(line: &str) -> bool {
    let bare =
        line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '\u{a0}' | '\u{feff}'));
    bare.len() >= DELIMITER.len() - 4 && bare.bytes().all(|b| b == b'+')
}

/// A value in one line that cannot be taken for the delimiter.
fn defused(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    let end = value
        .char_indices()
        .nth(LONGEST)
        .map_or(value.len(), |(at, _)| at);
    let cut = &value[..end];
    if !cut.contains(['\n', '\r']) && end == value.len() {
        return Cow::Borrowed(cut);
    }
    let mut line = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    if end < value.len() {
        line.push('…');
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// SD-03
    #[test]
    fn the_block_stands_below_thirty_four_plus_signs() {
        assert_eq!(DELIMITER.len(), 34);
        let fields = [
            ("Account", "Muster AG"),
            ("Phone", " "),
            ("Note", "two\r\nlines"),
        ];
        let text = render("Agenda\n", &fields);
        let block = format!("{DELIMITER}\nAccount: Muster AG\nNote: two lines\n");
        assert_eq!(text, format!("Agenda\n\n{block}"));
        assert_eq!(strip(&text), "Agenda");
        assert_eq!(render("Agenda", &[]), "Agenda");
        let alone = render("", &[("A", "b")]);
        assert_eq!(strip(&alone), "");
    }

    /// SD-03, SD-05: the user's formatting stays, whatever a mail program made of the block.
    #[test]
    fn an_html_body_keeps_its_formatting_above_the_block() {
        let own = "<html><body><p>Bring the <b>offer</b>.</p></body></html>";
        let fields = [("Account", "Muster & Co <AG>")];
        let block = format!("<div>{DELIMITER}<br>Account: Muster &amp; Co &lt;AG&gt;</div>");
        let whole = render_html(own, &fields);
        let above = "<html><body><p>Bring the <b>offer</b>.</p>";
        assert_eq!(whole, format!("{above}{block}</body></html>"));
        assert_eq!(render_html(&whole, &fields), whole, "twice is once");
        assert_eq!(strip_html(&whole), above);
        let mangled = whole.replace("<div>", "<div class=x><p>\r\n<font size=2>");
        assert_eq!(strip_html(&mangled), above);
        assert_eq!(strip_html(own), own);
        assert_eq!(render_html("", &fields), block);
        assert_eq!(render_html(&whole, &[]), format!("{above}</body></html>"));
    }

    /// SD-02, SD-05
    #[test]
    fn what_a_mail_program_does_to_the_line_does_not_hide_it() {
        for line in [
            format!("> {DELIMITER}"),
            format!("\u{a0}{DELIMITER}  \r"),
            DELIMITER[..32].to_owned(),
            format!("{DELIMITER}++"),
        ] {
            assert_eq!(
                strip(&format!("mine\n\n{line}\nAccount: X")),
                "mine",
                "{line}"
            );
        }
        for own in [
            "C++",
            "1 + 1",
            "++++++++++",
            "a ++++++++++++++++++++++++++++++++++++ b",
        ] {
            assert_eq!(strip(own), own);
        }
    }

    proptest! {
        #[test]
        fn an_echo_never_grows(text in "(?s).{0,200}", value in "(?s).{0,80}", label in "[a-zA-Z +]{0,40}") {
            let fields = [(label.as_str(), value.as_str()), ("Plus", DELIMITER)];
            let once = render(&text, &fields);
            let own = strip(&text);
            prop_assert_eq!(strip(&once).trim_end(), own.trim_end());
            let twice = render(&once, &fields);
            prop_assert_eq!(twice, once.clone());
        }
    }
}
