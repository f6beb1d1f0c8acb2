//! The whole Escalation Desk on one machine, with nothing but this process.
//!
//! The production handlers and SDK clients run unchanged; what AWS would be around them is here:
//!
//! ```text
//! gateway   API Gateway: the HTTP API        ─┐
//! schedule  EventBridge: check-deadlines      ├─> dynamodb, table   DynamoDB, embedded
//! stream    the stream, to dispatch-email     │        ses, mailbox  SES, and who reads the mail
//!           and dispatch-webhook              │        inbound, s3   SES again, as it receives mail
//! queue     SQS and EventBridge, to          ─┘        keys          what webhooks are signed with
//!           receive-email and record-delivery          journal       what is kept in files
//! ```
//!
//! Its table and the filters of its stream are those of `infra/template.yaml` (`template`). No rule of
//! the desk lives here, and nothing outside this crate knows that it exists. It listens on
//! loopback only, and never reaches an AWS account; webhooks go where the policy says.

pub mod arguments;
mod data;
pub mod desk;
pub mod dynamodb;
pub mod gateway;
pub mod inbound;
mod journal;
mod keys;
pub mod mailbox;
pub mod options;
mod ports;
pub mod queue;
pub mod s3;
pub mod schedule;
pub mod ses;
pub mod simulate;
pub mod stream;
pub mod table;
pub mod template;
pub mod welcome;
