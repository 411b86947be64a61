//! Which properties to ask for and how to read them, derived from the mapping tables.
//!
//! An id does not say of what class its item is, so a read asks for the properties of all classes: a
//! server answers with those the item has.

use std::sync::{Arc, LazyLock};

use ssi_domain::{
    Kind,
    mapping::{Table, Tables, ValueType},
    port::{ItemClass, Shape},
};

use super::{
    property::{BIRTHDAY_LOCAL, CRM_LINK, EMAIL1_ORIGINAL, FROM_SMTP, Property, SENDER_SMTP, WISH},
    version::ServerVersion,
    wire::Wire,
    xml::Xml,
};

/// A class of items that has properties of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Messages, and whatever else lies in mail folders.
    Message,
    /// Calendar items.
    Calendar,
    /// Tasks.
    Task,
    /// Contacts; accounts and individual customers are contacts in a mailbox.
    Contact,
}

/// Every class.
const CLASSES: [Class; 4] = [Class::Message, Class::Calendar, Class::Task, Class::Contact];

/// A property on the wire, asked for once however many fields are made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Where it stands.
    pub(crate) wire: Wire,
    /// How to read it.
    pub(crate) value: ValueType,
    /// Read only once saving is decided (INV-13).
    pub(crate) after_decision: bool,
}

/// One field of a record as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Our name; `phone@individual_customer` where a second kind keeps the field elsewhere.
    pub(crate) name: String,
    /// Which property it is.
    pub(crate) slot: usize,
    /// Whether it is the field of a second kind. Such a field is set even when it is empty, so that it is
    /// never taken for the first kind's.
    pub(crate) second: bool,
}

/// How items of a class are read.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// What is asked for.
    pub(crate) slots: Vec<Slot>,
    /// What becomes of it, in the order of the tables.
    pub(crate) fields: Vec<Field>,
}

/// How items of every class are read, by one tenant's tables.
#[derive(Debug)]
pub(crate) struct Plans {
    tables: Tables,
    by_class: [Plan; CLASSES.len()],
}

static BUILT_IN: LazyLock<Arc<Plans>> =
    LazyLock::new(|| Arc::new(Plans::made_of(&Tables::built_in())));

/// Properties read for every item beside the tables'.
const ALWAYS: [&str; 5] = [
    "item:ParentFolderId",
    "item:ItemClass",
    "item:Categories",
    "item:Size",
    "item:HasAttachments",
];

/// What tells how an event stands beside its mapped fields.
const EVENT: [&str; 18] = [
    "item:ReminderIsSet",
    "calendar:OriginalStart",
    "calendar:IsMeeting",
    "calendar:IsCancelled",
    "calendar:CalendarItemType",
    "calendar:MyResponseType",
    "calendar:TimeZone",
    "calendar:AppointmentState",
    "calendar:ModifiedOccurrences",
    "calendar:DeletedOccurrences",
    "calendar:EndTimeZone",
    "calendar:UID",
    "calendar:RecurrenceId",
    "calendar:StartWallClock",
    "calendar:EndWallClock",
    "calendar:StartTimeZoneId",
    "calendar:EndTimeZoneId",
    "calendar:IsOrganizer",
];

impl Class {
    /// The class of an item element.
    pub(crate) fn of_element(element: &str) -> Self {
        match element {
            "CalendarItem" => Self::Calendar,
            "Task" => Self::Task,
            "Contact" => Self::Contact,
            _ => Self::Message,
        }
    }

    /// The class that items of a kind are written as; `None` for kinds that no mailbox holds.
    pub(crate) fn of_kind(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Email => Some(Self::Message),
            Kind::Appointment | Kind::Visit | Kind::PhoneCall => Some(Self::Calendar),
            Kind::Task => Some(Self::Task),
            Kind::Contact | Kind::Account | Kind::IndividualCustomer => Some(Self::Contact),
            Kind::Lead | Kind::Opportunity | Kind::Ticket | Kind::Employee => None,
        }
    }

    /// The class of an item that was read without its class's properties, if it has any of them.
    pub(crate) fn of_item(kind: Kind, class: &ItemClass) -> Option<Self> {
        match (kind, class) {
            (Kind::Email, ItemClass::Message) => Some(Self::Message),
            (Kind::Email, _) => None,
            (kind, _) => Self::of_kind(kind),
        }
    }

    /// What an item element of this class is to us.
    pub(crate) fn kind(self) -> Kind {
        self.kinds()[0]
    }

    /// The item element.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::Message => "t:Message",
            Self::Calendar => "t:CalendarItem",
            Self::Task => "t:Task",
            Self::Contact => "t:Contact",
        }
    }

    /// The kinds whose tables make up the class; the first one's names are plain.
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Message => &[Kind::Email],
            Self::Calendar => &[Kind::Appointment, Kind::Visit, Kind::PhoneCall],
            Self::Task => &[Kind::Task],
            Self::Contact => &[Kind::Contact, Kind::Account, Kind::IndividualCustomer],
        }
    }

    /// Hidden properties that only this class has.
    fn hidden(self) -> &'static [Property] {
        match self {
            Self::Message => &[WISH, SENDER_SMTP],
            Self::Calendar | Self::Task => &[],
            Self::Contact => &[BIRTHDAY_LOCAL, EMAIL1_ORIGINAL],
        }
    }
}

impl Plans {
    /// The plans by these tables; everybody without overrides shares one.
    pub(crate) fn of(tables: &Tables) -> Arc<Self> {
        if tables.is_built_in() {
            Self::built_in()
        } else {
            Arc::new(Self::made_of(tables))
        }
    }

    /// The plans by the built-in tables.
    pub(crate) fn built_in() -> Arc<Self> {
        Arc::clone(&BUILT_IN)
    }

    fn made_of(tables: &Tables) -> Self {
        Self {
            by_class: CLASSES.map(|class| Plan::of(class, tables)),
            tables: tables.clone(),
        }
    }

    /// How items of a class are read.
    pub(crate) fn class(&self, class: Class) -> &Plan {
        &self.by_class[class as usize]
    }

    /// The table of a kind.
    pub(crate) fn table(&self, kind: Kind) -> Option<&Table> {
        self.tables.of(kind)
    }
}

impl Plan {
    fn of(class: Class, tables: &Tables) -> Self {
        let mut plan = Self::default();
        for kind in class.kinds() {
            let rows = tables.of(*kind).map(Table::rows).unwrap_or_default();
            for row in rows {
                let Some(wire) = Wire::of(row) else {
                    continue;
                };
                let slot = plan.slot(wire, row.value, row.after_decision);
                let taken = plan.fields.iter().find(|field| field.name == row.name);
                let (name, second) = match taken {
                    Some(field) if field.slot == slot => continue,
                    Some(_) => (format!("{}@{kind}", row.name), true),
                    None => (row.name.clone(), false),
                };
                plan.fields.push(Field { name, slot, second });
            }
        }
        plan
    }

    fn slot(&mut self, wire: Wire, value: ValueType, after_decision: bool) -> usize {
        let same = |slot: &Slot| slot.wire == wire && slot.value == value;
        if let Some(at) = self.slots.iter().position(same) {
            // What one field needs before the decision must be there then.
            self.slots[at].after_decision &= after_decision;
            return at;
        }
        self.slots.push(Slot {
            wire,
            value,
            after_decision,
        });
        self.slots.len() - 1
    }
}

/// How much of the class-specific properties to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breadth {
    /// Everything of every class.
    All,
    /// Everything of one class.
    Only(Class),
    /// Only what every item has: for items that refuse the properties of other classes.
    AnyItem,
}

impl Breadth {
    fn classes(self) -> Vec<Class> {
        match self {
            Self::Only(class) => vec![class],
            Self::All | Self::AnyItem => CLASSES.to_vec(),
        }
    }
}

/// Writes the `ItemShape` element.
pub(crate) fn item_shape(
    xml: &mut Xml,
    plans: &Plans,
    shape: Shape,
    breadth: Breadth,
    version: ServerVersion,
) {
    xml.open("m:ItemShape", &[]).leaf("t:BaseShape", "IdOnly");
    if shape == Shape::Full {
        xml.leaf("t:BodyType", "Best");
    }
    xml.open("t:AdditionalProperties", &[]);
    let mut wires: Vec<Wire> = ALWAYS.into_iter().filter_map(Wire::parse).collect();
    let mut hidden = vec![CRM_LINK, FROM_SMTP];
    for class in breadth.classes() {
        let slots = plans.class(class).slots.iter();
        let wanted = slots.filter(|slot| shape == Shape::Full || !slot.after_decision);
        wires.extend(wanted.map(|slot| slot.wire));
        if class == Class::Calendar {
            wires.extend(EVENT.into_iter().filter_map(Wire::parse));
        }
        if breadth != Breadth::AnyItem || class == Class::Message {
            hidden.extend(class.hidden());
        }
    }
    if shape == Shape::Full {
        wires.extend(Wire::parse("item:Attachments"));
    }
    let mut written: Vec<Wire> = Vec::with_capacity(wires.len());
    for wire in wires {
        let fits = breadth != Breadth::AnyItem || wire.uri().starts_with("item:");
        if fits && version >= since(wire.uri()) && !written.contains(&wire) {
            wire.write(xml);
            written.push(wire);
        }
    }
    for property in hidden {
        property.write(xml);
    }
    xml.close("t:AdditionalProperties").close("m:ItemShape");
}

/// The schema version a field URI came with; asking an older server is `ErrorSchemaValidation`.
///
/// Sources: "Exchange versions" of each element's page in the EWS reference.
pub(crate) fn since(uri: &str) -> ServerVersion {
    match uri {
        "item:ConversationId"
        | "item:UniqueBody"
        | "calendar:StartTimeZone"
        | "calendar:EndTimeZone" => ServerVersion::Exchange2010,
        "item:TextBody"
        | "item:Preview"
        | "item:Flag"
        | "calendar:StartWallClock"
        | "calendar:EndWallClock"
        | "calendar:StartTimeZoneId"
        | "calendar:EndTimeZoneId"
        | "calendar:IsOrganizer" => ServerVersion::Exchange2013,
        _ => ServerVersion::Exchange2007Sp1,
    }
}

#[cfg(test)]
mod tests {
    use ssi_domain::mapping::Backend;

    use super::*;

    fn names(class: Class) -> Vec<String> {
        let plans = Plans::built_in();
        let fields = plans.class(class).fields.iter();
        fields.map(|field| field.name.clone()).collect()
    }

    #[test]
    fn fields_that_kinds_keep_in_different_places_are_kept_apart() {
        let contact = names(Class::Contact);
        for name in [
            "phone",
            "phone@individual_customer",
            "street@individual_customer",
            "country@individual_customer",
            "name",
            "website",
            "company",
        ] {
            assert!(
                contact.iter().any(|one| one == name),
                "{name} in {contact:?}"
            );
        }
        for name in [
            "phone@account",
            "given_name@individual_customer",
            "email@account",
        ] {
            assert!(
                !contact.iter().any(|one| one == name),
                "{name} in {contact:?}"
            );
        }
        assert!(
            names(Class::Calendar)
                .iter()
                .all(|name| !name.contains('@'))
        );
    }

    #[test]
    fn every_path_of_the_tables_can_be_asked_for() {
        for table in Table::built_in() {
            for row in table.rows() {
                if let Some(path) = row.path(Backend::Ews) {
                    assert!(Wire::parse(path).is_some(), "{path}");
                }
            }
        }
    }

    #[test]
    fn a_property_is_asked_for_once() {
        let mut xml = Xml::new();
        item_shape(
            &mut xml,
            &Plans::built_in(),
            Shape::Full,
            Breadth::All,
            ServerVersion::Exchange2016,
        );
        let text = xml.finish();
        for one in [
            "\"item:Subject\"",
            "\"item:Body\"",
            "\"contacts:CompanyName\"",
        ] {
            assert_eq!(text.matches(one).count(), 1, "{one}");
        }
    }
}
