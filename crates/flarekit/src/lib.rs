//! flarekit
pub mod connection;
pub mod error;
pub mod fingerprint;
pub mod identity;
pub mod names;
pub mod time;
