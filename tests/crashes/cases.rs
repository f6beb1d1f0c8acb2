//! Which cases there are.

use super::fault::Fault;
use super::plan::{Call, Case};

/// Each fault at each of these calls; and the event twice.
pub fn singles(calls: &[Call]) -> Vec<Case> {
    let at = |(at, call): (usize, &Call)| Fault::at(call.service).map(move |fault| (at, fault));
    let faults = calls.iter().enumerate().flat_map(at);
    let faults = faults.map(|fault| Case { faults: vec![fault], ..Case::default() });
    faults.chain([Case { is_duplicated: true, ..Case::default() }]).collect()
}

/// All pairs whose first is this, which makes these calls `on_the_way` where `calls` are made without
/// it. The second strikes after the first; of an event that comes twice, at its second time.
pub fn pairs_with(single: &Case, calls: &[Call], on_the_way: &[Call]) -> Vec<Case> {
    let from = match single.faults.first() {
        Some((at, fault)) if Fault::in_pairs(&calls[*at]).any(|it| it == *fault) => at + 1,
        Some(_) => return Vec::new(),
        None => calls.len(),
    };
    let at = |(at, call): (usize, &Call)| {
        Fault::in_pairs(call).map(move |fault| (at, fault)).collect::<Vec<_>>()
    };
    let second = on_the_way.iter().enumerate().skip(from).flat_map(at);
    let pair = |fault| {
        let faults = single.faults.iter().copied().chain([fault]).collect();
        Case { faults, ..single.clone() }
    };
    let mut pairs: Vec<_> = second.map(pair).collect();
    if single.faults.iter().any(|(_, fault)| *fault == Fault::ArrivesLate) {
        let arrivals = (from..on_the_way.len()).map(Some);
        pairs.extend(arrivals.map(|arrival| Case { arrival, ..single.clone() }));
    }
    if !single.is_duplicated {
        pairs.push(Case { is_duplicated: true, ..single.clone() });
    }
    pairs
}
