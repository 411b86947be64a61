//! The wire: messages, clients and servers generated from `ssi/v1/*.proto`.
//!
//! Holds no behaviour beyond [`name`], the one place that knows how resource names are written.

pub mod name;

/// Version 1 of the API: every message, and per service a `*_client` and a `*_server` module.
#[expect(clippy::allow_attributes, reason = "the generator writes them")]
pub mod v1 {
    tonic::include_proto!("ssi.v1");
}

/// The compiled `FileDescriptorSet` of all files, encoded, for gRPC server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/ssi_descriptor.bin"));

/// The `domain` of every `google.rpc.ErrorInfo` this API sends.
pub const ERROR_DOMAIN: &str = "ssi.v1";
