//! The tenant's entity sets as data: what `$metadata` says about them.
//!
//! The property lists lie beside this file, one text file per business object; [`read`] turns them
//! into the types below. Nothing here knows rows or HTTP.

mod read;

use std::collections::HashMap;
use std::sync::LazyLock;

/// The type of a property, named as in EDM (OData v2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edm {
    /// `Edm.String`; unset is the empty text.
    String,
    /// `Edm.Boolean`.
    Boolean,
    /// `Edm.Int32`.
    Int32,
    /// `Edm.Decimal`, kept as text.
    Decimal,
    /// `Edm.Guid`.
    Guid,
    /// `Edm.DateTime`, without offset; UTC.
    DateTime,
    /// `Edm.DateTimeOffset`.
    DateTimeOffset,
    /// `Edm.Time`, kept as an XSD duration.
    Time,
    /// `Edm.Binary`.
    Binary,
}

impl Edm {
    /// The name as `$metadata` writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "Edm.String",
            Self::Boolean => "Edm.Boolean",
            Self::Int32 => "Edm.Int32",
            Self::Decimal => "Edm.Decimal",
            Self::Guid => "Edm.Guid",
            Self::DateTime => "Edm.DateTime",
            Self::DateTimeOffset => "Edm.DateTimeOffset",
            Self::Time => "Edm.Time",
            Self::Binary => "Edm.Binary",
        }
    }
}

/// What of a business partner a read-only property repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyDetail {
    /// The formatted name.
    Name,
    /// The main e-mail address.
    Email,
    /// The phone number.
    Phone,
    /// The formatted postal address.
    Address,
}

/// Where the value of a property comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Stored in the row.
    Stored,
    /// The text of the code in the property with this index.
    TextOf(usize),
    /// A detail of the business partner that the property with this index points to.
    Party(usize, PartyDetail),
    /// The human number of the parent row.
    ParentNumber,
    /// The URL of the raw content of an attachment.
    ContentLink,
}

/// One property of an entity type.
#[derive(Debug, Clone)]
pub struct Property {
    /// Name on the wire.
    pub name: &'static str,
    /// EDM type.
    pub edm: Edm,
    /// Longest text in characters; `None` is unlimited. Precision for decimals.
    pub length: Option<usize>,
    /// Digits behind the point of a decimal.
    pub scale: Option<usize>,
    /// Whether the value may be absent; a creatable property that may not is mandatory.
    pub nullable: bool,
    /// A POST may carry it.
    pub creatable: bool,
    /// A PATCH may change it.
    pub updatable: bool,
    /// A `$filter` may name it.
    pub filterable: bool,
    /// Only the day matters.
    pub date_only: bool,
    /// The node's concurrency token.
    pub etag: bool,
    /// Rows are found by this value without a scan.
    pub indexed: bool,
    /// Whether a read-only `...Text` twin shows the text of this code.
    pub with_text: bool,
    /// The code list that explains it: (entity set, list).
    pub codes: Option<(&'static str, &'static str)>,
    /// The property that gives a code its context, such as the country of a state.
    pub context: Option<&'static str>,
    /// Index of the UUID property that names the same partner as this number.
    pub pair: Option<usize>,
    /// Where the value comes from.
    pub origin: Origin,
}

/// A way from one entity to others.
#[derive(Debug, Clone)]
pub struct Navigation {
    /// Name on the wire.
    pub name: &'static str,
    /// The entity set it leads to.
    pub target: &'static str,
    /// Whether it leads to many.
    pub many: bool,
    /// For to-one: the index of the property that holds the key, UUID or number of the target.
    pub by: Option<usize>,
}

/// One entity set with its type; every set here has a type of its own except code lists.
#[derive(Debug)]
pub struct EntitySet {
    /// Position in [`Schema::sets`].
    pub index: usize,
    /// Name of the set, such as `EMailCollection`.
    pub name: &'static str,
    /// Name of the type, such as `EMail`.
    pub kind: &'static str,
    /// POST is offered.
    pub creatable: bool,
    /// PATCH and PUT are offered.
    pub updatable: bool,
    /// DELETE is offered.
    pub deletable: bool,
    /// The set of the parent node.
    pub parent: Option<&'static str>,
    /// Number range: (property index, first number).
    pub number: Option<(usize, u64)>,
    /// Index of the property that repeats the ObjectID as UUID.
    pub uuid: Option<usize>,
    /// Names of the key properties.
    pub keys: Vec<&'static str>,
    /// The code list behind a value-help set.
    pub code_list: Option<&'static str>,
    /// All properties, in the order of `$metadata`.
    pub properties: Vec<Property>,
    /// All ways out.
    pub navigations: Vec<Navigation>,
    by_name: HashMap<&'static str, usize>,
}

impl EntitySet {
    /// Index of a property by its name.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A navigation by its name.
    #[must_use]
    pub fn navigation(&self, name: &str) -> Option<&Navigation> {
        self.navigations
            .iter()
            .find(|navigation| navigation.name == name)
    }

    /// Index of the node's `ETag` property.
    #[must_use]
    pub fn etag(&self) -> Option<usize> {
        self.position("ETag")
    }
}

/// A code with its English text.
pub type Code = (&'static str, &'static str);

/// Every entity set and code list of the tenant.
#[derive(Debug)]
pub struct Schema {
    /// All entity sets, value-help sets last.
    pub sets: Vec<EntitySet>,
    lists: HashMap<&'static str, Vec<Code>>,
    by_name: HashMap<&'static str, usize>,
}

impl Schema {
    /// The schema every tenant of the sandbox has.
    pub fn standard() -> &'static Schema {
        static STANDARD: LazyLock<Schema> = LazyLock::new(read::standard);
        &STANDARD
    }

    /// An entity set by its name.
    #[must_use]
    pub fn set(&self, name: &str) -> Option<&EntitySet> {
        self.by_name.get(name).map(|&index| &self.sets[index])
    }

    /// The codes of a list.
    #[must_use]
    pub fn codes(&self, list: &str) -> &[Code] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }

    /// The text of a code, empty when the list does not know it.
    #[must_use]
    pub fn code_text(&self, list: &str, code: &str) -> &'static str {
        self.codes(list)
            .iter()
            .find(|(known, _)| *known == code)
            .map_or("", |(_, text)| text)
    }
}
