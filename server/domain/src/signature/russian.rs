//! Russian postal addresses, in which marks say what is what.

use super::{
    Field,
    place::{Piece, has_street_word, is_city, is_house, shape, street_of},
    text::{normal, trimmed, words},
    words::WORDS,
};

/// `123456, г. Москва, ул. Тверская, д. 1`: marks say what is what.
pub(super) fn read(pieces: &[Piece]) -> Option<Vec<(Field, String, usize)>> {
    let cyrillic = |text: &str| text.chars().any(|c| matches!(c, '\u{400}'..='\u{52f}'));
    let at = pieces.iter().position(|piece| {
        cyrillic(&piece.text)
            && (marked(&piece.text, Mark::City).is_some() || has_street_word(&piece.text))
    })?;
    let from = at.saturating_sub(3);
    let mut found: Vec<(Field, String, usize)> = Vec::new();
    let mut add = |field: Field, text: &str, number: usize| {
        let known = found.iter().any(|(other, ..)| *other == field);
        if !text.trim().is_empty() && !known {
            found.push((field, trimmed(text).to_owned(), number));
        }
    };
    let mut previous: Option<&Piece> = None;
    for piece in pieces[from..].iter().take(12) {
        let (text, number) = (piece.text.as_str(), piece.number);
        let code = text
            .split_whitespace()
            .next()
            .filter(|word| shape(word) == "999999");
        if let Some(code) = code {
            add(Field::PostalCode, code, number);
        }
        let text = code.map_or(text, |code| trimmed(&text[code.len()..]));
        let (house_words, plain) = (marked(text, Mark::House), cyrillic(text));
        if let Some(city) = marked(text, Mark::City) {
            add(Field::City, city, number);
        } else if let Some(house) =
            house_words.filter(|house| house.starts_with(|c: char| c.is_ascii_digit()))
        {
            add(
                Field::HouseNumber,
                house.split_whitespace().next().unwrap_or_default(),
                number,
            );
        } else if plain && has_street_word(text) {
            if let Some(previous) = previous.filter(|piece| {
                is_city(&piece.text) && cyrillic(&piece.text) && piece.row == pieces[at].row
            }) {
                add(Field::City, &previous.text, previous.number);
            }
            match street_of(text).filter(|(_, house)| !house.is_empty()) {
                Some((street, house)) => {
                    add(
                        Field::Street,
                        trimmed(street.trim_end_matches(" д.").trim_end_matches(" дом")),
                        number,
                    );
                    add(Field::HouseNumber, &house, number);
                }
                None => add(Field::Street, text, number),
            }
        } else if is_house(text) && previous.is_some_and(|piece| has_street_word(&piece.text)) {
            add(Field::HouseNumber, text, number);
        } else if plain && WORDS.region.within(&words(text)) {
            add(Field::Region, text, number);
        }
        previous = Some(piece);
    }
    let has_code = found.iter().any(|(field, ..)| matches!(field, Field::City));
    // A code with the city in one piece: "123456 Москва".
    has_code.then_some(found)
}

enum Mark {
    City,
    House,
}

/// The text behind a mark such as `г.` or `д.`.
fn marked(text: &str, mark: Mark) -> Option<&str> {
    let phrases = match mark {
        Mark::City => &WORDS.city,
        Mark::House => &WORDS.house,
    };
    let end = text.find(['.', ' '])?;
    let rest = text[end + 1..].trim();
    let known = phrases.is(&normal(&text[..end]));
    (known && !rest.is_empty()).then_some(rest)
}
