//! A server for one person's browser: loopback only, `GET` only, three addresses.

mod request;
mod response;
mod serving;

pub use serving::{Server, serve};
