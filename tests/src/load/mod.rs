//! The desk under load, in virtual time: the production handlers behind a table that takes a while to
//! answer, a stream with the lanes of `infra/template.yaml`, the schedule, and an SES that takes so many
//! e-mails a second and refuses the rest.
//!
//! Nothing goes wrong here but that there is too much of it; faults are what `simulation` is for. A run
//! is single-threaded, takes the same jitter each time, and counts: nothing is measured in real seconds.

pub mod deadlines;
pub mod flood;
pub mod outage;
mod report;
mod ses;
mod store;
mod stream;
mod world;

pub use report::Spread;
pub use world::World;

/// How many e-mails SES takes in a second from a new account.
pub const SES_RATE: u32 = 14;

/// Plays a story on a paused clock, with the same jitter each time.
///
/// # Panics
///
/// When there can be no runtime.
pub fn played<T>(story: impl Future<Output = T>) -> T {
    fastrand::seed(7);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(story)
}
