//! SAP Cloud for Customer behind the CRM port.
