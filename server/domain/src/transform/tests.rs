use std::time::Instant;

use proptest::prelude::*;

use super::*;
use crate::RichText;

fn check(html: &str, text: &str) {
    assert_eq!(html_to_text(html), text, "{html}");
}

#[test]
fn html_becomes_readable_text() {
    check("", "");
    check("plain  text\r\n\r\nhere", "plain text here");
    check("<p>One</p>\n<p>Two</p>", "One\n\nTwo");
    check("a<br>b<BR/>c<br /><br>d<br><br><br>e", "a\nb\nc\n\nd\n\ne");
    check("<div>a</div><div><div>b</div></div>c", "a\nb\nc");
    check("<ul><li>one<li>two</ul>after", "- one\n- two\n\nafter");
    check(
        "<table><tr><td>a<td> b </tr><tr><td>c</td><td></td></tr></table>",
        "a\tb\nc",
    );
    check("<pre>a\n  b\tc</pre>d", "a\n  b\tc\n\nd");
    check("<b>bo</b><i>ld</i> <a href='x>y'>link</a>", "bold link");
    check("a<hr>b", "a\n----\nb");
}

#[test]
fn entities_are_resolved() {
    check("A &amp; B &lt;c&gt; &quot;d&quot;", "A & B <c> \"d\"");
    check(
        "&auml;&szlig;&Eacute;&yuml;&nbsp;&euro;&#8364;&#x20AC;&#128;",
        "äßÉÿ €€€€",
    );
    check(
        "a&ampb &copy=1 &unknown; &; & &#xFFFFFFFF; &#0;",
        "a&ampb &copy=1 &unknown; &; & \u{fffd} \u{fffd}",
    );
    check("&#xD800;", "\u{fffd}");
}

#[test]
fn what_is_no_text_is_dropped() {
    check(
        "<style>p{}</style>a<script>if (a<b) '</p>'</SCRIPT >b<title>t</title>c",
        "abc",
    );
    check(
        "a<!-- <p>no</p> -->b<!--[if mso]><p>x</p><![endif]-->c<![if !x]>d<![endif]>",
        "abcd",
    );
    check("\u{feff}a\u{200b}b&zwnj;c&shy;d\u{0}e", "abcde");
    check("<script>never closed", "");
}

#[test]
fn broken_html_hides_nothing() {
    check("a <b c", "a <b c");
    check("1 < 2 and 3 > 2", "1 < 2 and 3 > 2");
    check("a<!-- never closed <p>b</p>", "a never closed\n\nb");
    check("<a href=\"never closed>text</a>", "text");
    check("<p title=it's>fine</p>", "fine");
    check("a<", "a<");
    check("</>a</ p>b<?xml x?>c", "abc");
}

/// Each input would take hours if anything were searched for again and again.
#[test]
fn hostile_html_takes_linear_time() {
    let started = Instant::now();
    for unit in [
        "<!--",
        "<a href=\"",
        "<a b='",
        "<",
        "&",
        "<script",
        "</",
        "<style>a</",
        "&#",
        "<p",
        "<li>",
        "<td>",
    ] {
        let html = unit.repeat(1_000_000 / unit.len());
        assert!(html_to_text(&html).len() <= 4 * html.len());
    }
    let deep = "<div>".repeat(200_000);
    assert_eq!(html_to_text(&deep), "");
    assert!(
        started.elapsed().as_secs() < 60,
        "took {:?}",
        started.elapsed()
    );
}

/// INV-15
#[test]
fn what_is_too_long_is_counted() {
    let html = "x".repeat(16 * 1024 * 1024 + 7);
    assert!(html_to_text(&html).ends_with("[7 more bytes of HTML are not shown.]"));
}

fn convert(name: &str, value: Value) -> Option<Value> {
    find(name).expect("known")(&value)
}

#[test]
fn codes_follow_the_crm() {
    for (importance, code) in [
        ("high", "2"),
        ("High", "2"),
        ("low", "7"),
        ("normal", "3"),
        ("", "3"),
        ("immediate", "1"),
    ] {
        let value = convert("importance_to_priority", Value::Choice(importance.into()));
        assert_eq!(value, Some(Value::Choice(code.into())), "{importance}");
    }
    assert_eq!(
        convert("direction_to_code", Value::Choice("inbound".into())),
        Some(Value::Choice("2".into()))
    );
    assert_eq!(
        convert("direction_to_code", Value::Choice("outbound".into())),
        Some(Value::Choice("1".into()))
    );
    assert_eq!(
        convert("direction_to_code", Value::Choice("sideways".into())),
        None
    );
    assert!(find("no_such").is_none());
}

#[test]
fn plain_bodies_are_kept_as_they_are() {
    let rich = |format, text: &str| {
        Value::RichText(RichText {
            format,
            text: text.into(),
        })
    };
    assert_eq!(
        convert("html_to_text", rich(TextFormat::Plain, "a <b>\n\n\nc")),
        Some(Value::Text("a <b>\n\n\nc".into()))
    );
    assert_eq!(
        convert("html_to_text", rich(TextFormat::Html, "<p>a")),
        Some(Value::Text("a".into()))
    );
}

#[test]
fn what_a_crm_cannot_carry_is_dropped() {
    assert_eq!(
        printable("a\r\nb\rc\n\td\0\u{7f}\u{ffff}", Lines::Keep),
        "a\nb\nc\n\td"
    );
    assert_eq!(printable("a\r\n b\tc\u{1}", Lines::Join), "a  b c");
}

#[test]
fn texts_are_cut_between_characters() {
    assert_eq!(truncate("äöü", 2), "äö");
    assert_eq!(truncate("äöü", 3), "äöü");
    assert_eq!(truncate("", 0), "");
    assert_eq!(truncate("ä", 0), "");
}

proptest! {
    #[test]
    fn no_input_makes_rendering_fail(html in ".{0,400}") {
        html_to_text(&html);
    }

    #[test]
    fn no_soup_of_tags_makes_rendering_fail(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "<", ">", "</", "<!--", "-->", "<p", "<br>", "<script>", "</script", "<td>", "<li>",
                "\"", "'", "=", "&", "&#", "x", ";", "&amp", "ä", "\n", " ", "<pre>", "</pre>", "</style>",
            ]),
            0..60,
        )
    ) {
        let text = html_to_text(&parts.concat());
        prop_assert!(!text.contains("\n\n\n"), "{text:?}");
    }

    #[test]
    fn text_without_markup_keeps_its_words(words in prop::collection::vec("[a-zäöü0-9.,]{1,8}", 0..20)) {
        prop_assert_eq!(html_to_text(&words.join(" \r\n")), words.join(" "));
    }
}

proptest::proptest! {
    /// CAL-74: the two locations of a visit come back as they were.
    #[test]
    fn two_locations_of_a_visit_come_back(one in "[a-zA-Z0-9 ]{1,20}[a-z]", two in "([a-z][a-zA-Z0-9 ]{0,20}[a-z])?") {
        let (split, join) = (find("visit_locations").unwrap(), find_back("visit_locations").unwrap());
        let both = Value::List(vec![one.trim().into(), two.as_str().into()]);
        let joined = join(&both).unwrap();
        proptest::prop_assert_eq!(joined.as_text().unwrap().contains(LOCATION_DELIMITER), !two.is_empty());
        proptest::prop_assert_eq!(split(&joined), Some(both));
    }
}
