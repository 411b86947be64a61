//! Japanese and Chinese addresses: from the large to the small, without spaces.

use super::{
    Field,
    text::{fold, has_asian},
    words::WORDS,
};

/// The parts of an address in a line, if it is one: at least a city.
pub(super) fn read(text: &str) -> Option<Vec<(Field, String)>> {
    if !has_asian(text) {
        return None;
    }
    let mut found = Vec::new();
    let text = unlabelled(text);
    let (code, text) = postal_code(&text);
    if let Some(code) = code {
        found.push((Field::PostalCode, code));
    }
    let mut rest = text.trim();
    if let Some(after) = rest
        .strip_prefix("日本")
        .or_else(|| rest.strip_prefix("中国"))
    {
        let code = if rest.starts_with("日本") {
            "JP"
        } else {
            "CN"
        };
        found.push((Field::Country, code.to_owned()));
        rest = after.trim_start();
    }
    let (region, after) = upto(rest, &["都", "道", "府", "県", "省", "自治区"], 5);
    let mut has_region = false;
    if let Some(region) = region {
        found.push((Field::Region, region.to_owned()));
        rest = after;
        has_region = true;
    }
    let (city, after) = match upto(rest, &["市"], 7) {
        (None, _) if has_region => upto(rest, &["区", "郡", "町", "村"], 7),
        found => found,
    };
    let city = city?;
    found.push((Field::City, city.to_owned()));
    let street = after
        .trim()
        .split([' ', '\u{3000}', '，', ','])
        .next()
        .unwrap_or_default();
    add_street(street, &mut found);
    Some(found)
}

/// Without the word for address before it.
fn unlabelled(text: &str) -> String {
    match text.split_once([':', '：']) {
        Some((label, rest))
            if WORDS.address.in_asian(&fold(label))
                || WORDS.address.is(&super::text::normal(label)) =>
        {
            rest.trim().to_owned()
        }
        _ => text.trim().to_owned(),
    }
}

/// The postal code and the text without it: `〒100-0001` in front, `邮编：200120` or six digits behind.
fn postal_code(text: &str) -> (Option<String>, String) {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10).unwrap_or(c),
            '－' | '‐' | '−' => '-',
            c => c,
        })
        .collect();
    let trimmed = plain.trim_start_matches(['〒', ' ', '(', '（']);
    let is_japanese = |text: &str| {
        text.len() >= 8
            && text.as_bytes()[..8].iter().enumerate().all(|(at, byte)| {
                if at == 3 {
                    *byte == b'-'
                } else {
                    byte.is_ascii_digit()
                }
            })
    };
    if is_japanese(trimmed) {
        let rest = trimmed[8..].trim_start_matches([')', '）', ' ', '\u{3000}']);
        return (Some(trimmed[..8].to_owned()), rest.to_owned());
    }
    for (at, _) in plain.match_indices(|c: char| c.is_ascii_digit()) {
        let run: String = plain[at..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let starts = !plain[..at].ends_with(|c: char| c.is_ascii_digit());
        let labelled = plain[..at]
            .trim_end_matches([':', '：', ' '])
            .ends_with("邮编")
            || plain[..at]
                .trim_end_matches([':', '：', ' '])
                .ends_with("邮政编码");
        let at_end = plain[at + run.len()..]
            .trim_matches([')', '）', ' '])
            .is_empty()
            || at == 0;
        if starts && run.len() == 6 && (labelled || at_end) {
            let before = plain[..at]
                .trim_end_matches([':', '：', ' ', '\u{3000}'])
                .trim_end_matches("邮编")
                .trim_end_matches("邮政编码");
            let rest = format!(
                "{} {}",
                before.trim_end_matches([' ', '(', '（', ',', '，']),
                &plain[at + run.len()..]
            );
            return (
                Some(run),
                rest.trim().trim_end_matches([')', '）']).to_owned(),
            );
        }
    }
    (None, plain)
}

/// The text up to and with one of the marks, if it comes within so many characters.
fn upto<'a>(text: &'a str, marks: &[&str], most: usize) -> (Option<&'a str>, &'a str) {
    let end = marks
        .iter()
        .filter_map(|mark| {
            // 京都府, 都城市: a mark cannot be the first character.
            let first = text.chars().next()?.len_utf8();
            let from = if *mark == "都" && text.starts_with("京都") {
                "京都".len()
            } else {
                first
            };
            text.get(from..)?
                .find(mark)
                .map(|at| from + at + mark.len())
        })
        .min();
    match end {
        Some(end)
            if text[..end].chars().count() <= most
                && text[..end].chars().all(super::text::is_asian) =>
        {
            (Some(&text[..end]), &text[end..])
        }
        _ => (None, text),
    }
}

/// Street and house number: digits with dashes at the end, or up to `号`.
fn add_street(text: &str, found: &mut Vec<(Field, String)>) {
    if text.is_empty() || text.chars().count() > 40 {
        return;
    }
    let Some(at) = text.find(|c: char| c.is_ascii_digit()) else {
        found.push((Field::Street, text.to_owned()));
        return;
    };
    let (street, number) = text.split_at(at);
    let house: String = number
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '-')
        .collect();
    let behind = &number[house.len()..];
    if street.is_empty() {
        return;
    }
    if behind.starts_with('号') || behind.is_empty() {
        found.push((Field::Street, street.to_owned()));
        found.push((Field::HouseNumber, house.trim_end_matches('-').to_owned()));
    } else if behind.starts_with(['丁', '番', '弄']) {
        found.push((Field::Street, text.to_owned()));
    } else {
        found.push((Field::Street, street.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let found = read(text).unwrap_or_default();
        let texts: Vec<String> = found.into_iter().map(|(_, text)| text).collect();
        texts.join("/")
    }

    #[test]
    fn addresses_are_taken_apart() {
        for (text, parts) in [
            (
                "〒100-0005 東京都千代田区丸の内1-1-1",
                "100-0005/東京都/千代田区/丸の内/1-1-1",
            ),
            (
                "〒６０４－８１５２　京都府京都市中京区烏丸通２",
                "604-8152/京都府/京都市/中京区烏丸通/2",
            ),
            (
                "〒220-0012 神奈川県横浜市西区みなとみらい2-3-1 タワー10階",
                "220-0012/神奈川県/横浜市/西区みなとみらい/2-3-1",
            ),
            (
                "地址：上海市浦东新区世纪大道100号15楼 邮编：200120",
                "200120/上海市/浦东新区世纪大道/100",
            ),
            (
                "广东省深圳市南山区科技路8号",
                "广东省/深圳市/南山区科技路/8",
            ),
            ("よろしくお願いいたします", ""),
            ("株式会社山田", ""),
        ] {
            assert_eq!(shown(text), parts, "{text}");
        }
    }
}
