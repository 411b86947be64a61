//! States and provinces as people write them, and their codes (ISO 3166-2 without the country, as C4C keeps them).
//!
//! Only of countries whose codes in SAP are those of the standard; others number theirs. A name that is not known stays
//! in the mailbox, and what comes down is shown as its code, as people write it on an envelope.

use crate::Value;

/// A state by its name or its code; `None` for one nobody knows, which then stays where it is.
pub(super) fn to_code(value: &Value) -> Option<Value> {
    let text = value.as_text()?.trim();
    if text.is_empty() {
        return Some(Value::Choice(String::new()));
    }
    let wanted = text.to_lowercase();
    let is = |name: &str| name.to_lowercase() == wanted;
    let known = STATES
        .iter()
        .find(|(code, names)| is(code) || names.iter().any(|name| is(name)));
    known.map(|(code, _)| Value::Choice((*code).to_owned()))
}

/// The code as it is.
pub(super) fn to_name(value: &Value) -> Option<Value> {
    value
        .as_text()
        .map(|code| Value::Choice(code.trim().to_owned()))
}

/// Codes of Australia, Brazil, Canada, Switzerland and the United States, with the names of all states that have one.
const STATES: [(&str, &[&str]); 118] = [
    ("AB", &["Alberta"]),
    ("AC", &["Acre"]),
    ("ACT", &["Australian Capital Territory"]),
    ("AG", &["Aargau"]),
    ("AI", &["Appenzell Innerrhoden"]),
    ("AK", &["Alaska"]),
    ("AL", &["Alabama", "Alagoas"]),
    ("AM", &["Amazonas"]),
    ("AP", &["Amapá"]),
    ("AR", &["Arkansas", "Appenzell Ausserrhoden"]),
    ("AS", &["American Samoa"]),
    ("AZ", &["Arizona"]),
    ("BA", &["Bahia"]),
    ("BC", &["British Columbia"]),
    ("BE", &["Bern"]),
    ("BL", &["Basel-Landschaft"]),
    ("BS", &["Basel-Stadt"]),
    ("CA", &["California"]),
    ("CE", &["Ceará"]),
    ("CO", &["Colorado"]),
    ("CT", &["Connecticut"]),
    ("DC", &["District of Columbia"]),
    ("DE", &["Delaware"]),
    ("DF", &["Distrito Federal"]),
    ("ES", &["Espírito Santo"]),
    ("FL", &["Florida"]),
    ("FR", &["Freiburg", "Fribourg"]),
    ("GA", &["Georgia"]),
    ("GE", &["Genève", "Genf", "Geneva"]),
    ("GL", &["Glarus"]),
    ("GO", &["Goiás"]),
    ("GR", &["Graubünden"]),
    ("GU", &["Guam"]),
    ("HI", &["Hawaii"]),
    ("IA", &["Iowa"]),
    ("ID", &["Idaho"]),
    ("IL", &["Illinois"]),
    ("IN", &["Indiana"]),
    ("JU", &["Jura"]),
    ("KS", &["Kansas"]),
    ("KY", &["Kentucky"]),
    ("LA", &["Louisiana"]),
    ("LU", &["Luzern", "Lucerne"]),
    ("MA", &["Massachusetts", "Maranhão"]),
    ("MB", &["Manitoba"]),
    ("MD", &["Maryland"]),
    ("ME", &["Maine"]),
    ("MG", &["Minas Gerais"]),
    ("MI", &["Michigan"]),
    ("MN", &["Minnesota"]),
    ("MO", &["Missouri"]),
    ("MP", &["Northern Mariana Islands"]),
    ("MS", &["Mississippi", "Mato Grosso do Sul"]),
    ("MT", &["Montana", "Mato Grosso"]),
    ("NB", &["New Brunswick"]),
    ("NC", &["North Carolina"]),
    ("ND", &["North Dakota"]),
    ("NE", &["Nebraska", "Neuchâtel", "Neuenburg"]),
    ("NH", &["New Hampshire"]),
    ("NJ", &["New Jersey"]),
    ("NL", &["Newfoundland and Labrador"]),
    ("NM", &["New Mexico"]),
    ("NS", &["Nova Scotia"]),
    ("NSW", &["New South Wales"]),
    ("NT", &["Northwest Territories", "Northern Territory"]),
    ("NU", &["Nunavut"]),
    ("NV", &["Nevada"]),
    ("NW", &["Nidwalden"]),
    ("NY", &["New York"]),
    ("OH", &["Ohio"]),
    ("OK", &["Oklahoma"]),
    ("ON", &["Ontario"]),
    ("OR", &["Oregon"]),
    ("OW", &["Obwalden"]),
    ("PA", &["Pennsylvania", "Pará"]),
    ("PB", &["Paraíba"]),
    ("PE", &["Prince Edward Island", "Pernambuco"]),
    ("PI", &["Piauí"]),
    ("PR", &["Puerto Rico", "Paraná"]),
    ("QC", &["Quebec", "Québec"]),
    ("QLD", &["Queensland"]),
    ("RI", &["Rhode Island"]),
    ("RJ", &["Rio de Janeiro"]),
    ("RN", &["Rio Grande do Norte"]),
    ("RO", &["Rondônia"]),
    ("RR", &["Roraima"]),
    ("RS", &["Rio Grande do Sul"]),
    ("SA", &["South Australia"]),
    ("SC", &["South Carolina", "Santa Catarina"]),
    ("SD", &["South Dakota"]),
    ("SE", &["Sergipe"]),
    ("SG", &["Sankt Gallen", "St. Gallen"]),
    ("SH", &["Schaffhausen"]),
    ("SK", &["Saskatchewan"]),
    ("SO", &["Solothurn"]),
    ("SP", &["São Paulo"]),
    ("SZ", &["Schwyz"]),
    ("TAS", &["Tasmania"]),
    ("TG", &["Thurgau"]),
    ("TI", &["Ticino", "Tessin"]),
    ("TN", &["Tennessee"]),
    ("TO", &["Tocantins"]),
    ("TX", &["Texas"]),
    ("UR", &["Uri"]),
    ("UT", &["Utah"]),
    ("VA", &["Virginia"]),
    ("VD", &["Vaud", "Waadt"]),
    ("VI", &["Virgin Islands"]),
    ("VIC", &["Victoria"]),
    ("VS", &["Valais", "Wallis"]),
    ("VT", &["Vermont"]),
    ("WA", &["Washington", "Western Australia"]),
    ("WI", &["Wisconsin"]),
    ("WV", &["West Virginia"]),
    ("WY", &["Wyoming"]),
    ("YT", &["Yukon"]),
    ("ZG", &["Zug"]),
    ("ZH", &["Zürich", "Zurich"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// 6.2
    #[test]
    fn states_are_known_by_name_and_by_code() {
        for (name, code) in [
            ("California", Some("CA")),
            ("ca", Some("CA")),
            ("New South Wales", Some("NSW")),
            ("Québec", Some("QC")),
            ("Zürich", Some("ZH")),
            ("", Some("")),
            ("Bayern", None),
        ] {
            let found = to_code(&Value::Choice(name.into()));
            assert_eq!(found, code.map(|code| Value::Choice(code.into())), "{name}");
        }
    }
}
