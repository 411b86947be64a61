//! Secrets at rest: XChaCha20-Poly1305 with a random nonce; what a value is for is bound to it.

use std::fmt;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use crate::StoreError;

/// A key of 32 bytes. Never printed.
#[derive(Clone)]
pub struct StoreKey([u8; 32]);

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

const VERSION: u8 = 1;
const NONCE: usize = 24;

impl StoreKey {
    /// Takes 32 bytes as they are.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits; white space around them is ignored.
    pub fn from_hex(text: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        if text.len() != 64 || !text.is_ascii() {
            return Err(StoreError::BadKey);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16)
                .map_err(|_| StoreError::BadKey)?;
        }
        Ok(Self(bytes))
    }

    /// Another secret for a purpose of its own; it says nothing about this key.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.0)
    }

    /// Seals a value for a purpose.
    pub fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload {
            msg: plain,
            aad: purpose.as_bytes(),
        };
        let sealed = XChaCha20Poly1305::new(&self.0.into())
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::WrongKey)?;
        let mut stored = vec![VERSION];
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(&sealed);
        Ok(stored)
    }

    /// Opens a value sealed for the same purpose under the same key.
    pub fn unseal(&self, purpose: &str, stored: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (Some(&VERSION), Some(nonce), Some(sealed)) = (
            stored.first(),
            stored.get(1..=NONCE),
            stored.get(1 + NONCE..),
        ) else {
            return Err(StoreError::WrongKey);
        };
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| StoreError::WrongKey)?;
        XChaCha20Poly1305::new(&self.0.into())
            .decrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: sealed,
                    aad: purpose.as_bytes(),
                },
            )
            .map_err(|_| StoreError::WrongKey)
    }
}

#[cfg(test)]
mod tests {
    use super::StoreKey;

    #[test]
    fn a_sealed_value_opens_only_with_its_key_and_purpose() {
        let key = StoreKey::new([7; 32]);
        let sealed = key.seal("wish", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(key.unseal("wish", &sealed).unwrap(), b"secret");
        assert!(key.unseal("answer", &sealed).is_err());
        assert!(StoreKey::new([8; 32]).unseal("wish", &sealed).is_err());
        for end in 0..sealed.len() {
            assert!(key.unseal("wish", &sealed[..end]).is_err());
        }
    }

    #[test]
    fn a_key_is_64_hexadecimal_digits() {
        assert!(StoreKey::from_hex(&"0f".repeat(32)).is_ok());
        assert!(StoreKey::from_hex("short").is_err());
        assert!(StoreKey::from_hex(&"zz".repeat(32)).is_err());
    }
}
