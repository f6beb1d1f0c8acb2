//! What every function of Escalation Desk has in common.
//!
//! [`incident`], [`policy`], [`email`], [`inbound`], [`webhook`], [`outbox`] and [`figures`] are
//! pure: they hold every rule and never touch a clock, the environment or AWS. [`store`], [`mailer`]
//! and [`aws`] are the edges. [`carry_out`] joins both.

pub mod account;
pub mod aws;
pub mod carry_out;
pub mod clock;
pub mod config;
pub mod desk;
pub mod dispatch;
pub mod email;
pub mod figures;
pub mod http;
pub mod inbound;
pub mod incident;
pub mod links;
pub mod mailer;
pub mod outbox;
pub mod policy;
pub mod signing_keys;
pub mod simulation;
pub mod store;
pub mod telemetry;
pub mod webhook;
pub mod wrong_fields;
