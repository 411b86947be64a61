//! Why the tenant refuses something.

/// A refusal; the HTTP face gives it a status and a localised text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The property does not exist in the entity type.
    #[error("property {0} is unknown")]
    UnknownProperty(String),
    /// The property may not be set on create.
    #[error("property {0} cannot be set on create")]
    NotCreatable(String),
    /// The property may not change.
    #[error("property {0} cannot be changed")]
    NotUpdatable(String),
    /// The property may not be filtered by.
    #[error("property {0} cannot be used in a filter")]
    NotFilterable(String),
    /// A mandatory property is missing.
    #[error("property {0} is mandatory")]
    Mandatory(String),
    /// A text is longer than its property.
    #[error("value of property {property} is longer than {limit} characters")]
    TooLong {
        /// The property.
        property: String,
        /// Its longest text, characters.
        limit: usize,
    },
    /// A value does not fit the type of its property.
    #[error("value of property {0} has the wrong type")]
    WrongType(String),
    /// A code that its list does not contain.
    #[error("code {code} is not allowed for {property}")]
    UnknownCode {
        /// The property.
        property: String,
        /// The code.
        code: String,
    },
    /// Something ends before it begins.
    #[error("{end} lies before {start}")]
    EndBeforeStart {
        /// The property with the end.
        end: String,
        /// The property with the begin.
        start: String,
    },
    /// The parent of a node does not exist or was not named.
    #[error("the parent object of {0} does not exist")]
    NoParent(String),
    /// No such row or set.
    #[error("resource {0} was not found")]
    NotFound(String),
    /// The entity set does not offer the operation.
    #[error("operation {operation} is not supported for {set}")]
    NotOffered {
        /// The operation.
        operation: &'static str,
        /// The set.
        set: String,
    },
    /// The row has changed since the caller read it.
    #[error("the object was changed by another user")]
    Changed,
    /// Somebody else is writing the same object.
    #[error("object {0} is locked by another user")]
    Locked(String),
    /// The request could not be read.
    #[error("{0}")]
    Malformed(String),
    /// The request is understood but not offered.
    #[error("{0} is not implemented")]
    NotImplemented(String),
    /// The caller lacks a right.
    #[error("authorization for this operation is missing")]
    Forbidden,
}
