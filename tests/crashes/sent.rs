//! What went out, and whether it may have gone out so often.

use std::collections::BTreeMap;

use super::fault::{Service, Struck};
use super::others::Taken;

/// How often each went out, and which times said that they may be a repeat.
pub fn times(sent: &[Taken]) -> BTreeMap<&str, Vec<bool>> {
    let mut times = BTreeMap::<_, Vec<bool>>::new();
    for taken in sent {
        times.entry(taken.id.as_str()).or_default().push(taken.is_labelled);
    }
    times
}

/// Whatever was sent once more may have been, and says so: at most once for each ambiguous answer.
pub fn repeats(sent: &[Taken], service: Service, struck: &[Struck]) -> Result<(), String> {
    let ambiguous = struck.iter().filter(|struck| struck.is_ambiguous(service)).count();
    let times = times(sent);
    let repeated = times.values().map(|labels| labels.len() - 1).sum::<usize>();
    if repeated > ambiguous {
        return Err(format!("{repeated} repeats of {ambiguous} ambiguous answers: {times:?}"));
    }
    // The first, which does not say so, may have been held up behind one that does.
    let says_so =
        |labels: &Vec<bool>| labels.iter().filter(|is_labelled| !**is_labelled).count() <= 1;
    if service == Service::Ses && !times.values().all(says_so) {
        return Err(format!("a repeat does not say so: {times:?}"));
    }
    // Only what was under way when something went wrong may be one.
    if struck.is_empty() && sent.iter().any(|taken| taken.is_labelled) {
        return Err(format!("says that it is a repeat, and is none: {times:?}"));
    }
    Ok(())
}
